import assert from "node:assert/strict";

import type { Document } from "../src/core/json.js";
import { type Push, type ServerDocument, revisionsOf } from "../src/core/pending.js";
import * as rebase from "../src/core/rebase.js";

/** What happened to one document on one device, as the Rust domain tells it. */
export interface Story {
  readonly name: string;
  readonly steps: readonly Step[];
}

interface WrittenState {
  rev: string;
  fieldRevs: Record<string, string>;
  doc: Document;
  deleted: boolean;
}

/** What happens to the document, and how it is then. */
type Step = { then: { content: Document | null; pending: Record<string, string> } } & (
  | { do: "edit"; content: Document; revision: string; clock: string; changed: boolean }
  | { do: "delete"; revision: string; clock: string; changed: boolean }
  | { do: "push"; push: WrittenPush | null }
  | { do: "answer"; stored: WrittenState | null; clock: string }
  | { do: "receive"; state: WrittenState }
  | { do: "restamp"; renewed: Record<string, string> }
  | { do: "refused" | "doubt" | "removed" | "missing" | "heal" }
);

interface WrittenPush {
  doc: Document | null;
  fieldRevs: Record<string, string>;
  after: Record<string, string>;
  baseClock: string | null;
}

/** One document on one device, as a story tells of it. */
class Device {
  document: rebase.LocalDocument = {};
  #sent: Push | undefined;

  perform(step: Step): void {
    switch (step.do) {
      case "edit":
        return this.#change(
          rebase.edit(this.document, step.content, step.revision, step.clock),
          step.changed,
        );
      case "delete":
        return this.#change(rebase.remove(this.document, step.revision, step.clock), step.changed);
      case "push":
        return this.#push(step.push);
      case "answer":
        this.document = rebase.answer(
          this.document,
          this.#sent!,
          step.stored ? stateOf(step.stored) : undefined,
          step.clock,
        );
        return;
      case "receive":
        this.document = rebase.receive(this.document, stateOf(step.state));
        return;
      case "restamp":
        this.document = rebase.restamp(this.document, new Map(Object.entries(step.renewed)));
        return;
      default:
        this.document = rebase[step.do](this.document);
    }
  }

  #change(next: rebase.LocalDocument, isChanged: boolean): void {
    assert.equal(next !== this.document, isChanged);
    this.document = next;
  }

  #push(expected: WrittenPush | null): void {
    const { pending } = this.document;
    if (!pending) return assert.equal(expected, null);
    const [document, push] = rebase.push({ ...this.document, pending });
    this.document = document;
    this.#sent = push;
    const { content: doc, fieldRevisions: fieldRevs, after, baseClock = null } = push;
    assert.deepEqual({ doc, fieldRevs, after, baseClock }, expected);
  }
}

/** Performs the steps, and compares what the device shows and sends after each with the story. */
export function retell({ steps }: Story): void {
  const device = new Device();
  steps.forEach((step, index) => {
    const place = `step ${index}, ${step.do}`;
    const earlier = device.document;
    const before = JSON.stringify(earlier);
    device.perform(step);
    const { content, pending } = step.then;
    assert.deepEqual(rebase.contentOf(device.document) ?? null, content, place);
    assert.deepEqual(device.document.pending ? revisionsOf(device.document.pending) : {}, pending, place);
    assert.equal(JSON.stringify(earlier), before, `${place}: the earlier document is as it was`);
  });
}

function stateOf({ rev, fieldRevs, doc, deleted }: WrittenState): ServerDocument {
  return { revision: rev, fieldRevisions: fieldRevs, content: doc, deleted };
}
