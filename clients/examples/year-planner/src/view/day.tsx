import type { Collection, Found } from "@syncline/client";
import { useTextField } from "@syncline/playground/hooks";
import { useEffect, useRef } from "preact/hooks";

import { spoken } from "../calendar.js";
import { type Day, KINDS, type Planner, changeDay, isReadOnly } from "../planner.js";
import type { Attempt } from "./hooks.js";

interface Props {
  readonly date: string;
  readonly found: Found<Planner>;
  readonly planners: Collection<Planner>;
  /** Why the last change was not kept, if it was not. */
  readonly problem: string | undefined;
  readonly attempt: Attempt;
  readonly onClose: () => void;
}

/** What is known of a day. Every change is kept as it is made. */
export function DayDialog({ date, found, planners, problem, attempt, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const day: Day = found.doc.days?.[date] ?? {};
  const isFixed = isReadOnly(found);
  const change = (fields: Day) => attempt(changeDay(planners, found, date, fields));
  const notes = useTextField<HTMLTextAreaElement>(day.notes ?? "", (text) => change({ notes: text }));
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="day" onClose={onClose}>
      <h2 id="day">{spoken(date)}</h2>
      {problem !== undefined && <p role="alert">{problem}</p>}
      <label>
        Kind of day
        <select
          value={day.type ?? 0}
          disabled={isFixed}
          onChange={({ currentTarget }) => void change({ type: Number(currentTarget.value) })}
        >
          {KINDS.map((kind, index) => (
            <option key={kind} value={index}>
              {kind}
            </option>
          ))}
        </select>
      </label>
      <fieldset disabled={isFixed}>
        <legend>Mood, from 1 (bad) to 5 (good)</legend>
        {[1, 2, 3, 4, 5].map((mood) => (
          <label key={mood}>
            <input
              type="radio"
              name="mood"
              checked={day.mood === mood}
              onChange={() => void change({ mood })}
            />
            {mood}
          </label>
        ))}
      </fieldset>
      <label>
        Notes
        <textarea {...notes} rows={5} readOnly={isFixed} />
      </label>
      <button type="button" class="primary" onClick={() => dialog.current?.close()}>
        Done
      </button>
    </dialog>
  );
}
