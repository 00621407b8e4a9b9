/** The documents of one collection on one device, and what is known around them. */

import * as HLC from "./hlc.js";
import { type LocalDocument, isUnknown } from "./rebase.js";
import { type Pending, unsentRevisions } from "./pending.js";
import type { Access, Rejection } from "./wire.js";

/** Everything but the documents. */
export interface ReplicaState {
  /** The device's clock, which stamps edits. */
  readonly clock: string;
  /** By how many milliseconds the device's time is ahead of the server's. */
  readonly ahead: number;
  /** The server's clock in its last answer. */
  readonly serverClock?: string;
  /** When that was, in the device's time. */
  readonly lastSync?: number;
  /** Whether the last answer was a page, and more are waiting. */
  readonly isPaging: boolean;
  /**
   * Whether the pull was interrupted amid its pages. They are of the time when it began: one more is to
   * follow.
   */
  readonly isResumed?: true;
  /**
   * How far a reset has come. `pulling`: the whole state is on its way. `confirming`: it has come. A
   * document that changed while its pages were fetched comes with one more pull; what that lacks as
   * well is gone.
   */
  readonly reset?: "pulling" | "confirming";
  /**
   * The requests from the first until nothing more is to be pushed or pulled, and whether what was ahead
   * was sent again with them: it may stay ahead, whatever the device does.
   */
  readonly pass?: "begun" | "corrected";
}

/** A document, and what is known around it. */
export interface Entry extends LocalDocument {
  readonly access?: Access;
  readonly rejection?: Rejection;
  /** Whether a reset has not brought it, so far. */
  readonly isMissing?: true;
}

/** The state of a device that has seen nothing. */
export function newState(node: string, wallMs: number): ReplicaState {
  return { clock: HLC.create(node, wallMs), ahead: 0, isPaging: false };
}

/** Whether the document waits to be pushed. */
export function isUnsent({ pending, rejection }: Entry): boolean {
  return pending !== undefined && rejection === undefined;
}

/**
 * The state and the documents that an operation reads and changes. A store keeps it elsewhere, loads
 * the documents that the operation concerns, and then writes those that it touched.
 */
export class Replica {
  readonly touched = new Set<string>();

  constructor(
    public state: ReplicaState,
    readonly entries: Map<string, Entry>,
  ) {}

  /** Replaces what is known of a document. Of which nothing is known, there is no entry. */
  set(id: string, entry: Entry): void {
    if (isUnknown(entry)) this.entries.delete(id);
    else this.entries.set(id, entry);
    this.touched.add(id);
  }

  /** Replaces the document alone, if there is one. */
  change(id: string, next: (document: LocalDocument) => LocalDocument): void {
    const entry = this.entries.get(id);
    if (entry) this.set(id, withDocument(entry, next(entry)));
  }

  /** The revision of an edit that is made at `wallMs`. */
  stamp(wallMs: number): string {
    const clock = HLC.tick(this.state.clock, this.corrected(wallMs));
    this.state = { ...this.state, clock };
    return clock;
  }

  /** What the device has seen of a document: of one that a reset has not brought, nothing since it came. */
  seenOf({ server, isMissing }: Entry): string | undefined {
    return isMissing && server ? server.revision : this.state.serverClock;
  }

  /** The device's time as the server would have it. */
  corrected(wallMs: number): number {
    return Math.max(0, wallMs - this.state.ahead);
  }

  /** The device. */
  get node(): string {
    return HLC.decode(this.state.clock).node;
  }

  /** The device's revisions of edits that no server knows, and those from which they were made. */
  ownUnsent(): string[] {
    return this.#own(({ pending }) => unsentRevisions(pending));
  }

  /** The device's revisions that the server has, or may have, of documents with pending edits. */
  ownKnown(): string[] {
    return this.#own(({ server, pending }) => [
      ...Object.values(server?.fieldRevisions ?? {}),
      ...Object.values(pending.sent?.fieldRevisions ?? {}),
    ]);
  }

  #own(revisions: (document: LocalDocument & { pending: Pending }) => string[]): string[] {
    const { node } = this;
    const all = [...this.entries.values()].flatMap(({ server, pending }) =>
      pending ? revisions({ ...(server && { server }), pending }) : [],
    );
    return all.filter((revision) => HLC.decode(revision).node === node);
  }
}

/** The entry, to be sent again. */
export function withoutRejection({ rejection: _, ...entry }: Entry): Entry {
  return entry;
}

/** The entry with another document. */
export function withDocument(entry: Entry, { server, pending }: LocalDocument): Entry {
  const { access, rejection, isMissing } = entry;
  return {
    ...(server && { server }),
    ...(pending && { pending }),
    ...(access && { access }),
    ...(rejection && { rejection }),
    ...(isMissing && { isMissing }),
  };
}
