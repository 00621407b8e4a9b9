/** What is sent, and what of it no answer has told of. */

import { continuePass } from "./clock.js";
import * as HLC from "./hlc.js";
import { byteLength } from "./limits.js";
import type { Pending, Push } from "./pending.js";
import { push, refused } from "./rebase.js";
import { type Entry, type Replica, isUnsent, withDocument } from "./replica.js";
import { type DocumentChange, changeOf } from "./wire.js";

/** How many changes a request holds. */
export const MAX_CHANGES = 256;

/** From which size on, in characters of JSON, nothing is added to a request. */
const MAX_LENGTH = 1 << 20;

/** What was pushed and not told of yet. In a paged pull, that may come with a later page. */
export type InFlight = Map<string, Push>;

/**
 * What the next request pushes: all that is pending, as far as one request may hold it. While the
 * server's pages are fetched nothing new is pushed.
 */
export function beginRequest(replica: Replica, earlier: InFlight, maxChanges = MAX_CHANGES): InFlight {
  continuePass(replica);
  return replica.state.isPaging ? earlier : nextPushes(replica, maxChanges);
}

/** A request is about to be made, while it is not known what became of the last one. */
export function resumePages(replica: Replica): void {
  if (replica.state.isPaging) replica.state = { ...replica.state, isResumed: true };
}

/** The changes of a request that pushes `inFlight`. */
export function changesOf(replica: Replica, inFlight: InFlight): DocumentChange[] {
  return replica.state.isPaging ? [] : [...inFlight].map(([id, sent]) => changeOf(id, sent));
}

/** What the server's clock was at the last answer. */
export function serverClock(replica: Replica): string {
  return replica.state.serverClock ?? HLC.zero();
}

/**
 * The server refused the request as a whole: it took nothing in, and what is pushed next is made of
 * the documents as they are then.
 */
export function refuseRequest(replica: Replica, inFlight: InFlight): void {
  if (replica.state.isPaging) return;
  for (const id of inFlight.keys()) replica.change(id, refused);
}

function nextPushes(replica: Replica, maxChanges: number): InFlight {
  const pushes: InFlight = new Map();
  let length = 0;
  for (const [id, entry] of replica.entries) {
    if (!isToBeSent(entry)) continue;
    if (pushes.size >= maxChanges || length >= MAX_LENGTH) break;
    const [document, sent] = push(entry);
    replica.set(id, withDocument(entry, document));
    pushes.set(id, sent);
    length += byteLength(JSON.stringify(sent.content));
  }
  return pushes;
}

function isToBeSent(entry: Entry): entry is Entry & { pending: Pending } {
  return isUnsent(entry);
}
