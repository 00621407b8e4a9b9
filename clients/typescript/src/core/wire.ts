/** Requests and answers of `POST /{application}/sync`, as they are written in JSON. */

import type { Document, Json } from "./json.js";
import type { Push, Revisions, ServerDocument } from "./pending.js";

/** The version of the protocol in which a server tells of deletions, removals and resets. */
export const PROTOCOL = 2;

/** A word of a later server, where this client knows others. */
export type LaterWord = string & Record<never, never>;

/** What a client may do with another user's document. */
export type Access = "read" | "write";

/** Which document: its key, and whose it is if it is another user's. A server names no owner of one's own. */
export interface DocumentId {
  readonly key: string;
  readonly owner?: string;
}

/** What a client sends. */
export interface SyncRequest {
  readonly protocol: typeof PROTOCOL;
  readonly collection: string;
  /** The device. */
  readonly node: string;
  /** The last `serverClock`. */
  readonly clientClock: string;
  readonly changes: readonly DocumentChange[];
  /** At most so many documents in the answer. */
  readonly limit: number;
  /** What is stored as it was pushed need not come back. */
  readonly echo: false;
  /** One bad document does not block the others. */
  readonly partial: true;
}

/** What became of one document on the device. */
export interface DocumentChange extends DocumentId {
  /** Its fields; none if it was deleted. */
  readonly doc?: Document;
  readonly deleted?: true;
  /** The revision of each field, removed ones included. */
  readonly fieldRevs: Revisions;
  /** What the device had seen when it began to edit. */
  readonly baseClock?: string;
  /** The revisions from which values were made, where they are newer than that. */
  readonly after?: Revisions;
}

/** What a server answers. */
export interface SyncAnswer {
  /** What the client has seen now. */
  readonly serverClock: string;
  /** Documents that the client has not seen. */
  readonly serverChanges?: readonly ServerChange[];
  /** Fields that both sides changed. */
  readonly conflicts?: readonly Conflict[];
  /** Documents that are stored as they were pushed. */
  readonly accepted?: readonly Accepted[];
  /** Changes that were not stored. */
  readonly rejected?: readonly Rejection[];
  /** Whether more is waiting. */
  readonly hasMore?: boolean;
  /** Whether this begins the whole state anew. */
  readonly reset?: boolean;
  /** The server came back from a backup: what the client holds above this is to be pushed again. */
  readonly healFrom?: string;
}

/** The state of a document: these members, and the application's fields. */
export interface ServerChange {
  readonly _key: string;
  /** When it was stored; none for a removal. */
  readonly _rev?: string;
  readonly _fieldRevs?: Revisions;
  /** Whether it is a tombstone. */
  readonly _deleted?: boolean;
  /** Whether the client may no longer see it. */
  readonly _removed?: boolean;
  /** Its owner, if that is another user. */
  readonly _owner?: string;
  /** What the client may do with another user's document. */
  readonly _access?: Access | LaterWord;
  readonly [field: string]: unknown;
}

/** A document that is stored as it was pushed. */
export interface Accepted extends DocumentId {
  readonly rev: string;
}

/** Why a change was not stored. */
export interface Rejection {
  readonly key?: string;
  readonly owner?: string;
  /** The kind of error. */
  readonly code: string;
  /** One sentence. */
  readonly error: string;
  /** Each place that breaks a rule. */
  readonly details?: readonly { readonly key?: string; readonly field: string; readonly message: string }[];
  /** The server's time in milliseconds, where a clock is too far ahead of it. */
  readonly serverTime?: number;
}

/** A field that both sides changed, and what was decided. A removed value is `null`. */
export interface Conflict extends DocumentId {
  /** Its dot-path; `_deleted` where one side deleted the document. */
  readonly field: string;
  readonly localRev: string;
  readonly remoteRev: string;
  readonly localValue: Json;
  readonly remoteValue: Json;
  readonly winner: "local" | "remote" | "auto-merged" | LaterWord;
  readonly winnerValue: Json;
  readonly mergeStrategy?: "text-auto-merged" | LaterWord;
  readonly reason?: "schema" | "repeated" | "same-node" | LaterWord;
}

/** One text for each document: the key, and behind a NUL, which keys do not hold, the owner. */
export function idOf({ key, owner }: DocumentId): string {
  return owner === undefined ? key : `${key}\0${owner}`;
}

/** The document that `id` stands for. */
export function documentIdOf(id: string): DocumentId {
  const end = id.indexOf("\0");
  return end < 0 ? { key: id } : { key: id.slice(0, end), owner: id.slice(end + 1) };
}

/** The change that pushes a document. */
export function changeOf(id: string, push: Push): DocumentChange {
  return {
    ...documentIdOf(id),
    ...(push.content === null ? { deleted: true } : { doc: push.content }),
    fieldRevs: push.fieldRevisions,
    ...(push.baseClock !== undefined && { baseClock: push.baseClock }),
    ...(Object.keys(push.after).length > 0 && { after: push.after }),
  };
}

/** What the client may do. A word that it does not know is no leave to do more than to read. */
export function accessOf({ _access }: ServerChange): Access | undefined {
  if (_access === undefined) return undefined;
  return _access === "write" ? "write" : "read";
}

/** The document that a server sent; none if it is removed. */
export function documentOf(change: ServerChange): ServerDocument | undefined {
  if (change._rev === undefined || change._removed === true) return undefined;
  const fields = Object.entries(change).filter(([name]) => !name.startsWith("_"));
  return {
    revision: change._rev,
    fieldRevisions: change._fieldRevs ?? {},
    content: Object.fromEntries(fields) as Document,
    deleted: change._deleted === true,
  };
}
