import type { Found } from "@syncline/client";
import { useEffect, useState } from "preact/hooks";

import type { Device, Task } from "../device.js";
import { useTextField } from "../hooks.js";
import type { Playground } from "../playground.js";
import { Revisions } from "./revisions.js";
import { ShareDialog } from "./share.js";

interface Props {
  readonly found: Found<Task>;
  readonly device: Device;
  readonly playground: Playground;
  readonly showsClocks: boolean;
}

/** A task: what it says, whose it is, and its notes. */
export function TaskItem(props: Props) {
  const { found, device, playground } = props;
  const { doc, owner, access, isUnsent, rejection } = found;
  const hasNotes = Boolean(doc.notes);
  const [isOpen, setIsOpen] = useState<boolean>();
  // Notes show themselves when there are any, until somebody decides.
  useEffect(() => {
    if (hasNotes) setIsOpen((decided) => decided ?? true);
  }, [hasNotes]);
  const isReadOnly = access === "read";
  const title = useTextField<HTMLInputElement>(doc.title, (text) => device.change(found, { title: text }));
  const details = `details-${device.id}-${owner ?? ""}-${found.key}`;
  return (
    <li class={`task ${doc.done ? "done" : ""}`}>
      <div class="task-row">
        <input
          type="checkbox"
          aria-label={`${doc.title} is done`}
          checked={doc.done === true}
          disabled={isReadOnly}
          onChange={({ currentTarget }) => void device.change(found, { done: currentTarget.checked })}
        />
        <input {...title} class="title" aria-label="Title" readOnly={isReadOnly} autocomplete="off" />
        {doc.priority === "high" && <span class="badge high">High</span>}
        {isUnsent && <span class="badge unsent">Waits</span>}
        <button
          type="button"
          class="quiet open"
          aria-expanded={isOpen === true}
          aria-controls={details}
          aria-label={`Notes of ${doc.title}`}
          onClick={() => setIsOpen(!isOpen)}
        >
          <span aria-hidden="true">{isOpen ? "−" : "+"}</span>
        </button>
      </div>
      {owner !== undefined && (
        <p class="of-other">
          {playground.nameOf(owner)}’s, {isReadOnly ? "to read" : "to read and edit"}
        </p>
      )}
      {rejection && (
        <p class="banner" role="alert">
          {rejection.error}
          {rejection.details?.map(({ field, message }) => `: ${field} ${message}`)}
        </p>
      )}
      <div id={details} hidden={!isOpen}>
        {isOpen && <Details {...props} />}
      </div>
    </li>
  );
}

function Details({ found, device, playground, showsClocks }: Props) {
  const { doc, owner, access } = found;
  const [isSharing, setIsSharing] = useState(false);
  const isReadOnly = access === "read";
  const notes = useTextField<HTMLTextAreaElement>(doc.notes ?? "", (text) =>
    device.change(found, { notes: text }),
  );
  const id = `${device.id}-${owner ?? ""}-${found.key}`;
  return (
    <div class="details">
      <label for={`notes-${id}`}>Notes</label>
      <textarea {...notes} id={`notes-${id}`} rows={linesOf(notes.value)} readOnly={isReadOnly} />
      <div class="actions">
        <label for={`priority-${id}`}>Priority</label>
        <select
          id={`priority-${id}`}
          value={doc.priority ?? "medium"}
          disabled={isReadOnly}
          onChange={({ currentTarget }) =>
            void device.change(found, { priority: currentTarget.value as NonNullable<Task["priority"]> })
          }
        >
          <option value="low">Low</option>
          <option value="medium">Medium</option>
          <option value="high">High</option>
        </select>
        <span class="space" />
        {owner === undefined && (
          <button type="button" class="quiet" onClick={() => setIsSharing(true)}>
            Share
          </button>
        )}
        {!isReadOnly && (
          <button type="button" class="quiet danger" onClick={() => void device.remove(found)}>
            Delete
          </button>
        )}
      </div>
      {showsClocks && <Revisions found={found} device={device} playground={playground} />}
      {isSharing && (
        <ShareDialog
          found={found}
          device={device}
          playground={playground}
          onClose={() => setIsSharing(false)}
        />
      )}
    </div>
  );
}

function linesOf(text: string): number {
  return Math.min(12, Math.max(2, text.split("\n").length));
}
