/**
 * What a device does with a document: edits of its own, and states that the server sends.
 *
 * A device never merges text. A pending path keeps its local value, and the base clock of the moment
 * its document was first edited; every other path takes the server's value. The server alone merges,
 * and for that a push says from what each value was made. A push that got no answer is sent again
 * word for word until it gets one; what was edited meanwhile waits for that. So whatever `after`
 * names is known to the server, however many requests and answers were lost before. One that was refused
 * after it had got no answer may have arrived or not: `after` names it, and means nothing if the server
 * does not know it. A new document whose clock the device forgot before it got an answer names its own
 * revisions there.
 *
 * The functions change nothing: each gives the document as it is afterwards, the very same one if
 * nothing happened. The Rust crate `syncline-domain` has the same rules in `rebase.rs`.
 */

import { diff } from "./document.js";
import { type Document, sameDocument } from "./json.js";
import {
  type Pending,
  type Push,
  type ServerDocument,
  advance,
  begin,
  change,
  doubt as doubtPending,
  fork,
  healing,
  isNeeded,
  isPerhapsKnown,
  markDeleted,
  send,
  overlay,
  pushedAndGone,
  restamp as restampPending,
  settle,
  takeBack,
  undelete,
  withoutGiven,
} from "./pending.js";

/**
 * A document as a device has it: the server's last state, and the edits that the server has not
 * answered.
 */
export interface LocalDocument {
  readonly server?: ServerDocument;
  readonly pending?: Pending;
}

/** What the user sees: none if there is no document, or it is deleted. */
export function contentOf({ server, pending }: LocalDocument): Document | undefined {
  if (pending) return pending.deletion === undefined ? overlay(pending, server) : undefined;
  return server?.deleted ? undefined : server?.content;
}

/** Whether nothing is known of the document, so that it need not be kept. */
export function isUnknown({ server, pending }: LocalDocument): boolean {
  return server === undefined && pending === undefined;
}

/**
 * Makes `content` the document. Each leaf in which it differs from what the device shows becomes
 * pending with `revision`; `clock` is the last that the server gave. A document that does not exist,
 * or no longer, is created.
 *
 * A leaf that goes back to the server's value is no longer pending, unless the server may know the
 * value that it had in between.
 */
export function edit(
  document: LocalDocument,
  content: Document,
  revision: string,
  clock?: string,
): LocalDocument {
  const { server } = document;
  const shown = contentOf(document);
  if (shown && sameDocument(shown, content)) return document;
  const pending = beginOrFork(document, clock);
  undelete(pending);
  const seen = { server, shown };
  const { changed, removed } = diff(shown ?? {}, content);
  for (const path of removed) change(pending, path, undefined, revision, seen);
  for (const [path, value] of changed) change(pending, path, value, revision, seen);
  // What the edit uncovers was not in the document either: leaves that a pending value hid, and those
  // of a document that is created again, pushed ones that may have arrived included.
  const uncovered = diff(overlay(pending, server), content).removed;
  for (const path of [...uncovered, ...pushedAndGone(pending, content)]) {
    change(pending, path, undefined, revision, seen);
  }
  return local(server, isNeeded(pending, server) ? pending : undefined);
}

/** Deletes the document. */
export function remove(document: LocalDocument, revision: string, clock?: string): LocalDocument {
  const { server } = document;
  const shown = contentOf(document);
  if (!shown) return document;
  const pending = beginOrFork(document, clock);
  markDeleted(pending, revision, { server, shown });
  const isLive = server !== undefined && !server.deleted;
  return local(server, isLive || isPerhapsKnown(pending) ? pending : undefined);
}

/** What to send: the last push again, unless `answer` or `refused` told of it. */
export function push(document: LocalDocument & { pending: Pending }): [LocalDocument, Push] {
  const pending = send(document.pending, document.server);
  return [{ ...document, pending }, pending.sent];
}

/**
 * The server took `sent` in and now holds `stored`, in an answer whose clock is `clock`; without
 * `stored` it still holds what it last sent, because the pushed values lost.
 *
 * What was edited since the push stays pending. If the server holds exactly what was pushed, these
 * edits were made from its present state; otherwise they keep their base.
 */
export function answer(
  document: LocalDocument,
  sent: Push,
  stored: ServerDocument | undefined,
  clock: string,
): LocalDocument {
  const rest = document.pending && settle(document.pending, sent);
  const settled = local(document.server, rest);
  const next = stored ? receive(settled, stored) : settled;
  const isAsPushed = stored !== undefined && isStoredAs(sent, stored);
  return next.pending && isAsPushed ? { ...next, pending: advance(next.pending, clock) } : next;
}

/** The server refused the last push. If it was sent only once, nothing of it was taken in. */
export function refused({ server, pending }: LocalDocument): LocalDocument {
  return local(server, pending && takeBack(pending, server));
}

/** Whether the device changed the document after it made `push`. */
export function isEditedSince({ pending }: LocalDocument, push: Push): boolean {
  return pending !== undefined && settle(pending, push) !== undefined;
}

/** The device forgets the clock that told how long it has waited for the answer to its last push. */
export function doubt({ server, pending }: LocalDocument): LocalDocument {
  return local(server, pending && doubtPending(pending));
}

/** The server sent its state of the document. */
export function receive({ server, pending }: LocalDocument, state: ServerDocument): LocalDocument {
  if (!pending) return { server: state };
  const keepsContent = server !== undefined && state.deleted && pending.deletion === undefined;
  const kept = keepsContent
    ? {
        ...state,
        fieldRevisions: { ...server.fieldRevisions, ...state.fieldRevisions },
        content: server.content,
      }
    : state;
  return { server: kept, pending: { ...pending, isRebased: true } };
}

/**
 * The device may no longer see the document: what the server gave is forgotten, also where it is
 * pending to be given back.
 */
export function removed({ server, pending }: LocalDocument): LocalDocument {
  const rest = server && pending ? withoutGiven(pending, server) : pending;
  return local(undefined, rest && { ...rest, isRebased: true });
}

/** A reset of the device's state lacked the document. */
export function missing({ server, pending }: LocalDocument): LocalDocument {
  if (server && pending) {
    return { server: { ...server, deleted: true }, pending: { ...pending, isRebased: true } };
  }
  return local(undefined, pending);
}

/**
 * Makes all that the server ever gave pending again, under the revisions it has: the server came back
 * from an older backup.
 */
export function heal(document: LocalDocument): LocalDocument {
  const { server, pending } = document;
  return server ? { ...document, pending: healing(server, pending) } : document;
}

/**
 * Replaces those of the unsent revisions that were ahead of the server's time, so that it knows none
 * of them. The new ones must be later than whatever the device stamped before, or an edit could look
 * older than, or the same as, the one that it replaces.
 */
export function restamp(document: LocalDocument, renewed: ReadonlyMap<string, string>): LocalDocument {
  const { pending } = document;
  return pending ? { ...document, pending: restampPending(pending, renewed) } : document;
}

/** The server's state if it stored exactly `sent`, under `revision`. */
export function storedAs({ content, fieldRevisions }: Push, revision: string): ServerDocument {
  return { revision, fieldRevisions, content: content ?? {}, deleted: content === null };
}

function isStoredAs({ content }: Push, stored: ServerDocument): boolean {
  return content === null ? stored.deleted : !stored.deleted && sameDocument(content, stored.content);
}

function beginOrFork({ server, pending }: LocalDocument, clock: string | undefined): Pending {
  return pending ? fork(pending) : begin(server && clock);
}

/** A tombstone without pending edits needs no content. */
function local(server: ServerDocument | undefined, pending: Pending | undefined): LocalDocument {
  const isBareTombstone = server?.deleted === true && pending === undefined;
  const kept = isBareTombstone ? { ...server, content: {} } : server;
  return { ...(kept && { server: kept }), ...(pending && { pending }) };
}
