/** What an answer does to the client's documents. */

import { correctRejected, endPass, hear, isSkew } from "./clock.js";
import { SynclineError } from "./error.js";
import * as HLC from "./hlc.js";
import type { Push } from "./pending.js";
import {
  type LocalDocument,
  answer as answered,
  isEditedSince,
  receive,
  refused,
  removed,
  storedAs,
} from "./rebase.js";
import { type Replica, isUnsent, withDocument } from "./replica.js";
import type { InFlight } from "./request.js";
import { beginReset, endPull } from "./reset.js";
import {
  type Conflict,
  type Rejection,
  type ServerChange,
  type SyncAnswer,
  accessOf,
  documentIdOf,
  documentOf,
  idOf,
} from "./wire.js";

/** What an answer did. Documents are named as `idOf` does. */
export interface Applied {
  /** Fields that both sides changed; the loser of each is named. */
  readonly conflicts: readonly Conflict[];
  /** The documents that the server changed on this device, deleted or took away. */
  readonly changed: ReadonlySet<string>;
  /** The documents that the server did not store. */
  readonly rejected: ReadonlySet<string>;
  /** Whether there is more to push or to pull: sync again at once. */
  readonly hasMore: boolean;
  /** What was pushed and is still not told of: a later page may do so. */
  readonly inFlight: InFlight;
}

/** Takes the answer to a request in that pushed `pushed`. Edits that were made meanwhile stay pending. */
export function applyAnswer(replica: Replica, answer: SyncAnswer, pushed: InFlight, wallMs: number): Applied {
  assertAnswer(answer);
  hear(replica, answer, wallMs);
  // Whoever answers a request for a page with a reset may never have had what was pushed before. Where
  // that arrived, to push it again changes nothing.
  const isForgotten = answer.reset === true && replica.state.isPaging;
  const inFlight: InFlight = new Map(isForgotten ? [] : pushed);
  if (answer.reset) beginReset(replica, answer.healFrom);
  const changed = new Set<string>();
  const rejected = new Set<string>();
  // First of all: the same answer may hold what others made of these documents, which is no answer to
  // what was pushed.
  const vague = reject(replica, answer.rejected ?? [], inFlight, rejected);
  rejectRest(replica, vague, answer.accepted ?? [], inFlight, rejected);
  for (const change of answer.serverChanges ?? []) {
    const id = idOf({ key: change._key, ...(change._owner !== undefined && { owner: change._owner }) });
    take(replica, id, change, inFlight.get(id), answer.serverClock);
    inFlight.delete(id);
    changed.add(id);
  }
  for (const accepted of answer.accepted ?? []) {
    const id = idOf(accepted);
    const push = inFlight.get(id);
    // A reset brings what was accepted of another's documents, unless it is gone by now.
    const isMissing = answer.reset === true && accepted.owner !== undefined;
    if (push) accept(replica, id, push, accepted.rev, answer.serverClock, isMissing);
    inFlight.delete(id);
  }
  const skewed = answer.rejected?.find(isSkew);
  if (skewed) {
    const serverTime = skewed.serverTime ?? HLC.millisOf(answer.serverClock);
    for (const id of correctRejected(replica, serverTime, wallMs)) rejected.delete(id);
    // The clock may begin anew, and must be beyond what came just now.
    hear(replica, answer, wallMs);
  }
  const isPaging = answer.hasMore === true;
  const { isResumed, ...state } = replica.state;
  replica.state = {
    ...state,
    serverClock: answer.serverClock,
    lastSync: wallMs,
    isPaging,
    ...(isPaging && isResumed && { isResumed }),
  };
  if (!isPaging) {
    settle(replica, inFlight, answer.serverClock);
    for (const id of endPull(replica)) changed.add(id);
  }
  const isOver = !isResumed && !hasMore(replica);
  if (isOver) endPass(replica);
  return { conflicts: answer.conflicts ?? [], changed, rejected, hasMore: !isOver, inFlight };
}

function hasMore({ state, entries }: Replica): boolean {
  return state.isPaging || state.reset !== undefined || [...entries.values()].some(isUnsent);
}

function take(
  replica: Replica,
  id: string,
  change: ServerChange,
  push: Push | undefined,
  clock: string,
): void {
  const document: LocalDocument = replica.entries.get(id) ?? {};
  const state = documentOf(change);
  const next = nextOf(document, state, push, clock);
  const { rejection } = replica.entries.get(id) ?? {};
  const access = accessOf(change);
  replica.set(id, {
    ...withDocument({}, next),
    ...(access && { access }),
    ...(rejection && { rejection }),
  });
}

function nextOf(
  document: LocalDocument,
  state: ReturnType<typeof documentOf>,
  push: Push | undefined,
  clock: string,
): LocalDocument {
  // A push that was not refused was taken in.
  if (!state) return removed(push ? answered(document, push, undefined, clock) : document);
  return push ? answered(document, push, state, clock) : receive(document, state);
}

function accept(
  replica: Replica,
  id: string,
  push: Push,
  revision: string,
  clock: string,
  isMissing: boolean,
): void {
  const entry = replica.entries.get(id);
  if (!entry) return;
  const { isMissing: _, ...found } = entry;
  const next = withDocument(found, answered(found, push, storedAs(push, revision), clock));
  // Whoever may write a document of another no longer is told of that.
  const isOwn = documentIdOf(id).owner === undefined;
  replica.set(id, { ...next, ...(!isOwn && { access: "write" }), ...(isMissing && { isMissing }) });
}

/**
 * Documents of which a whole answer says nothing are as the device last saw them: what it pushed lost
 * against that, or was known already.
 */
function settle(replica: Replica, inFlight: InFlight, clock: string): void {
  for (const [id, push] of inFlight) {
    replica.change(id, (document) => answered(document, push, undefined, clock));
  }
  inFlight.clear();
}

/** Keeps what was not stored, with the reasons. Gives the rejections back that name nothing that was pushed. */
function reject(
  replica: Replica,
  rejections: readonly Rejection[],
  inFlight: InFlight,
  rejected: Set<string>,
): Rejection[] {
  return rejections.filter((rejection) => {
    const { key, owner } = rejection;
    const id = key === undefined ? "" : idOf({ key, ...(owner !== undefined && { owner }) });
    const push = inFlight.get(id);
    if (!push) return true;
    inFlight.delete(id);
    if (rejectDocument(replica, id, push, rejection)) rejected.add(id);
    return false;
  });
}

/**
 * A rejection that names none, or not exactly, means every push that the answer does not say was
 * accepted: better sent again than taken for stored.
 */
function rejectRest(
  replica: Replica,
  [rejection]: readonly Rejection[],
  accepted: NonNullable<SyncAnswer["accepted"]>,
  inFlight: InFlight,
  rejected: Set<string>,
): void {
  if (!rejection) return;
  const kept = new Set(accepted.map(idOf));
  for (const [id, push] of [...inFlight].filter(([id]) => !kept.has(id))) {
    if (rejectDocument(replica, id, push, rejection)) rejected.add(id);
    inFlight.delete(id);
  }
}

/**
 * The server did not store `push`. Returns whether the document is to wait for an edit: one that was made
 * since may have mended it.
 */
export function rejectDocument(replica: Replica, id: string, push: Push, rejection: Rejection): boolean {
  const entry = replica.entries.get(id);
  // Without a pending edit nothing waits.
  if (!entry?.pending) return false;
  const isToWait = !isEditedSince(entry, push);
  replica.set(id, { ...withDocument(entry, refused(entry)), ...(isToWait && { rejection }) });
  return isToWait;
}

/** Throws a `SynclineError` with code `answer` if no Syncline server can have answered so. */
export function assertAnswer(answer: SyncAnswer | null): void {
  const lists = [answer?.serverChanges, answer?.conflicts, answer?.accepted, answer?.rejected];
  const areLists = lists.every((list) => list === undefined || Array.isArray(list));
  const isAnswer = typeof answer?.serverClock === "string" && areLists;
  if (!isAnswer) throw new SynclineError("answer", "the server's answer is not one of a sync: check the URL");
}
