/** The edits of one document that the server has not answered. */

import { type Leaves, flatten, get, unflatten } from "./document.js";
import { type Document, type Json, filter, isEmpty, isObject, own, put, sameValue } from "./json.js";
import { type Path, above } from "./path.js";

/** The field at which the revision of a deletion stands. */
export const DELETED = "_deleted";

/** The revision of each path. */
export type Revisions = Record<Path, string>;

/** A document as the server last sent it. */
export interface ServerDocument {
  /** The server's clock when it was stored. */
  readonly revision: string;
  /** The revision of each leaf; removed leaves keep theirs, a tombstone has one at `_deleted`. */
  readonly fieldRevisions: Revisions;
  /**
   * Its fields. Those of a tombstone are the last that the device saw, as long as it has pending
   * edits to them, so that a later edit re-creates a whole document.
   */
  readonly content: Document;
  /** Whether it is a tombstone. */
  readonly deleted: boolean;
}

/** What a device sends of a document. */
export interface Push {
  /** The whole document; `null` if it was deleted. */
  readonly content: Document | null;
  /** The revision of each leaf, removed ones included; of a deletion, the one at `_deleted`. */
  readonly fieldRevisions: Revisions;
  /** The revisions from which values were made, where they are newer than the base. */
  readonly after: Revisions;
  /** What the device had seen when it began to edit. */
  readonly baseClock?: string;
}

/** A pending change of a leaf. Without a value, the leaf is gone. */
export interface PendingField {
  readonly value?: Json;
  /** The device's clock at that moment. */
  readonly revision: string;
}

/** The edits of one document that the server has not answered: changed leaves, or its deletion. */
export interface Pending {
  /** What the device had seen when the first of them was made. */
  baseClock?: string;
  /** Whether the server's state is no longer that of the base clock. */
  isRebased: boolean;
  /** The revision of the deletion. */
  deletion?: string;
  /** The changed leaves; none beside a deletion. */
  fields: Record<Path, PendingField>;
  /** The revisions from which values were made, where that is not the base's. */
  after: Revisions;
  /** The push that waits for its answer. */
  sent?: Push;
  /** Whether that was sent more than once: it may have arrived, even if it is refused in the end. */
  isSentAgain?: true;
}

/** What there was to be seen when an edit was made. */
export interface Seen {
  readonly server: ServerDocument | undefined;
  /** What the device showed; none if there was no document, or it was deleted. */
  readonly shown: Document | undefined;
}

/** No edits yet, to a document that is based on `baseClock`. */
export function begin(baseClock?: string): Pending {
  return { ...(baseClock !== undefined && { baseClock }), isRebased: false, fields: {}, after: {} };
}

/** A copy that can be changed without changing the other. */
export function fork(pending: Pending): Pending {
  return { ...pending, fields: { ...pending.fields }, after: { ...pending.after } };
}

/** The document that the device shows. */
export function overlay(pending: Pending, server: ServerDocument | undefined): Document {
  const leaves: Leaves = server ? flatten(server.content) : new Map();
  const paths = Object.keys(pending.fields).sort();
  for (const path of paths) leaves.delete(path);
  for (const path of paths) {
    const value = own(pending.fields, path)?.value;
    if (value === undefined) continue;
    for (const object of above(path)) leaves.delete(object);
    if (server && isObject(get(server.content, path))) hideBelow(path, leaves);
    leaves.set(path, value);
  }
  return unflatten(leaves);
}

function hideBelow(path: Path, leaves: Leaves): void {
  for (const other of leaves.keys()) {
    if (other.startsWith(`${path}.`)) leaves.delete(other);
  }
}

/**
 * Takes a change in, unless it merely goes back to what the server has, and the server can know
 * nothing else.
 */
export function change(
  pending: Pending,
  path: Path,
  value: Json | undefined,
  revision: string,
  seen: Seen,
): void {
  noteOrigin(pending, path, seen);
  if (isAt(seen.server, path, value) && !hasPerhapsArrived(pending, path)) {
    delete pending.fields[path];
  } else {
    put(pending.fields, path, value === undefined ? { revision } : { value, revision });
  }
}

/** Makes the deletion of the document all that is pending. */
export function markDeleted(pending: Pending, revision: string, seen: Seen): void {
  for (const path of [...fieldsOf(seen.server), ...Object.keys(pending.fields)]) {
    noteOrigin(pending, path, seen);
  }
  pending.fields = {};
  pending.deletion = revision;
}

/** Takes the deletion back, naming it as what comes next is made from, if it was pushed. */
export function undelete(pending: Pending): void {
  const { deletion } = pending;
  delete pending.deletion;
  if (deletion !== undefined && isSent(pending, DELETED, deletion)) put(pending.after, DELETED, deletion);
}

/** Whether anything must be sent. */
export function isNeeded(pending: Pending, server: ServerDocument | undefined): boolean {
  const isCreation = server === undefined || server.deleted;
  return isCreation || hasEdits(pending) || isPerhapsKnown(pending);
}

/** Whether the server may know some of the edits. */
export function isPerhapsKnown(pending: Pending): boolean {
  return pending.sent !== undefined || !isEmpty(pending.after);
}

/** The last push once more, or one of everything that is pending. */
export function send(pending: Pending, server: ServerDocument | undefined): Pending & { sent: Push } {
  const { sent } = pending;
  return sent ? { ...pending, sent, isSentAgain: true } : { ...pending, sent: nextPush(pending, server) };
}

/** Everything that is pending, and all that is around it. */
function nextPush(pending: Pending, server: ServerDocument | undefined): Push {
  const isDeletion = pending.deletion !== undefined;
  const known = isDeletion ? {} : fieldRevisionsOf(server);
  return {
    content: isDeletion ? null : overlay(pending, server),
    fieldRevisions: { ...known, ...revisionsOf(pending) },
    after: pending.after,
    ...(pending.baseClock !== undefined && { baseClock: pending.baseClock }),
  };
}

/** What remains after the server took `push` in: whatever was edited since. */
export function settle(pending: Pending, push: Push): Pending | undefined {
  const isRecreated = push.content === null && pending.deletion === undefined;
  const isTaken = (path: Path, revision: string) => own(push.fieldRevisions, path) === revision;
  const rest = fork(pending);
  delete rest.sent;
  delete rest.isSentAgain;
  rest.fields = filter(pending.fields, (path, { revision }) => !isTaken(path, revision));
  if (rest.deletion !== undefined && isTaken(DELETED, rest.deletion)) delete rest.deletion;
  if (rest.deletion === undefined) {
    rest.after = filter(pending.after, (path) => path === DELETED || Object.hasOwn(rest.fields, path));
  }
  return hasEdits(rest) || isRecreated ? rest : undefined;
}

/** The push that was sent was refused, and does not wait for an answer any longer. */
export function takeBack(pending: Pending, server: ServerDocument | undefined): Pending {
  const { sent, isSentAgain, ...rest } = pending;
  if (sent === undefined) return pending;
  return { ...rest, after: isSentAgain ? asOrigin(pending, sent) : forget(pending.after, sent, server) };
}

/** The push that was sent as a new document says that it may have arrived before. */
export function doubt(pending: Pending): Pending {
  const { sent } = pending;
  if (sent === undefined || sent.baseClock !== undefined) return pending;
  return { ...pending, sent: { ...sent, after: { ...sent.fieldRevisions, ...sent.after } } };
}

/** An earlier try may have arrived: what comes next is made from that, if it did. */
function asOrigin(pending: Pending, sent: Push): Revisions {
  const isSent = (path: Path, revision: string) => own(sent.fieldRevisions, path) === revision;
  return { ...pending.after, ...filter(revisionsOf(pending), isSent) };
}

/** The push is none: what was made from it was made from what that was made from. */
function forget(after: Revisions, sent: Push, server: ServerDocument | undefined): Revisions {
  const kept: Revisions = {};
  for (const [path, revision] of Object.entries(after)) {
    const isKnown = server !== undefined && own(server.fieldRevisions, path) === revision;
    const isVoid = own(sent.fieldRevisions, path) === revision && !isKnown;
    const origin = isVoid ? own(sent.after, path) : revision;
    if (origin !== undefined) put(kept, path, origin);
  }
  return kept;
}

/** What remains was made from the server's state at `clock`. */
export function advance(pending: Pending, clock: string): Pending {
  return { ...pending, baseClock: clock, isRebased: false, after: {} };
}

/** Replaces unsent revisions. */
export function restamp(pending: Pending, renewed: ReadonlyMap<string, string>): Pending {
  const { deletion } = pending;
  const fields = Object.entries(pending.fields).map(([path, field]) => [
    path,
    { ...field, revision: renewed.get(field.revision) ?? field.revision },
  ]);
  return {
    ...pending,
    ...(deletion !== undefined && { deletion: renewed.get(deletion) ?? deletion }),
    fields: Object.fromEntries(fields) as Record<Path, PendingField>,
    after: filter(pending.after, (_, revision) => !renewed.has(revision)),
  };
}

/** All that `server` holds, under the edits that are pending already. */
export function healing(server: ServerDocument, pending: Pending | undefined): Pending {
  if (server.deleted) {
    return pending ?? { ...begin(), deletion: deletionOf(server) };
  }
  const healed = pending ? fork(pending) : begin();
  if (healed.deletion !== undefined) return healed;
  const shown = flatten(overlay(healed, server));
  const held = flatten(server.content);
  for (const [path, revision] of Object.entries(fieldRevisionsOf(server))) {
    const value = shown.get(path);
    // Of a leaf that a pending value hides, nothing is known.
    const isHidden = value === undefined && held.has(path);
    if (isHidden || Object.hasOwn(healed.fields, path)) continue;
    put(healed.fields, path, value === undefined ? { revision } : { value, revision });
  }
  return healed;
}

/** What remains without what `server` gave: all that `healing` added. */
export function withoutGiven(pending: Pending, server: ServerDocument): Pending | undefined {
  const isGiven = (path: Path, { revision }: PendingField) => own(server.fieldRevisions, path) === revision;
  const rest = { ...pending, fields: filter(pending.fields, (path, field) => !isGiven(path, field)) };
  const isGivenBack = server.deleted && rest.deletion === deletionOf(server);
  if (isGivenBack) delete rest.deletion;
  // Of a document that was deleted, a new one may be without any field.
  const isCreation = server.deleted && !isGivenBack;
  return isCreation || hasEdits(rest) ? rest : undefined;
}

/** The revision of a tombstone's deletion. */
function deletionOf({ fieldRevisions, revision }: ServerDocument): string {
  return own(fieldRevisions, DELETED) ?? revision;
}

/** The revision of every pending path, the deletion's at `_deleted`. */
export function revisionsOf({ fields, deletion }: Pending): Revisions {
  const revisions = Object.entries(fields).map(([path, { revision }]) => [path, revision]);
  if (deletion !== undefined) revisions.push([DELETED, deletion]);
  return Object.fromEntries(revisions) as Revisions;
}

/**
 * The revisions of pending paths, and those from which they were made, without what a push holds that
 * waits for its answer: the server may have taken it in.
 */
export function unsentRevisions(pending: Pending): string[] {
  const all = [...Object.entries(revisionsOf(pending)), ...Object.entries(pending.after)];
  return all.flatMap(([path, revision]) => (isSent(pending, path, revision) ? [] : revision));
}

/**
 * The leaves that the device pushed, and that neither `content` has nor a pending edit names: a
 * deletion took them away.
 */
export function pushedAndGone(pending: Pending, content: Document): Path[] {
  const pushed = Object.keys(pending.after).filter((path) => path !== DELETED);
  return pushed.filter((path) => !Object.hasOwn(pending.fields, path) && get(content, path) === undefined);
}

/** The value of the leaf at `path`. */
function leafOf(server: ServerDocument, path: Path): Json | undefined {
  const value = get(server.content, path);
  return isObject(value) && !isEmpty(value) ? undefined : value;
}

function fieldsOf(server: ServerDocument | undefined): Path[] {
  return Object.keys(fieldRevisionsOf(server));
}

/** The revisions of its fields alone. */
function fieldRevisionsOf(server: ServerDocument | undefined): Revisions {
  return filter(server?.fieldRevisions ?? {}, (path) => path !== DELETED);
}

function hasEdits({ deletion, fields }: Pending): boolean {
  return deletion !== undefined || !isEmpty(fields);
}

/**
 * Remembers from what the next value of `path` is made, where that is newer than the base: the
 * device's own push, or what the server sent since and the device showed.
 */
function noteOrigin(pending: Pending, path: Path, seen: Seen): void {
  const origin = originOf(pending, path, seen);
  if (origin !== undefined) put(pending.after, path, origin);
}

function originOf(pending: Pending, path: Path, seen: Seen): string | undefined {
  const field = own(pending.fields, path);
  if (field) return isSent(pending, path, field.revision) ? field.revision : undefined;
  return Object.hasOwn(pending.after, path) || !pending.isRebased ? undefined : shownRevision(seen, path);
}

/** The revision of the server's leaf at `path` if it is that which the device showed. */
function shownRevision({ server, shown }: Seen, path: Path): string | undefined {
  if (!server || !shown) return undefined;
  const leaf = leafOf(server, path);
  const value = get(shown, path);
  const isShown = leaf === undefined || value === undefined ? leaf === value : sameValue(leaf, value);
  return isShown ? own(server.fieldRevisions, path) : undefined;
}

function isSent({ sent }: Pending, path: Path, revision: string): boolean {
  return sent !== undefined && own(sent.fieldRevisions, path) === revision;
}

/** Whether the server may have a value of this device at `path`, or its deletion. */
function hasPerhapsArrived({ after }: Pending, path: Path): boolean {
  return Object.hasOwn(after, path) || Object.hasOwn(after, DELETED);
}

/** Whether the server's document has `value` at `path`. */
function isAt(server: ServerDocument | undefined, path: Path, value: Json | undefined): boolean {
  if (server === undefined) return value === undefined;
  if (server.deleted) return false;
  const leaf = leafOf(server, path);
  return leaf === undefined || value === undefined ? leaf === value : sameValue(leaf, value);
}
