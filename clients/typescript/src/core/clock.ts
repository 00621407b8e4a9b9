/** The device's clock, and what becomes of it when it is ahead of the server's. */

import * as HLC from "./hlc.js";
import { restamp } from "./rebase.js";
import { type Replica, withoutRejection } from "./replica.js";
import type { Rejection, SyncAnswer } from "./wire.js";

/** The code of a rejection because of a clock that is ahead. */
const CLOCK_SKEW = "clock_skew";

/**
 * Sets the clock by the server's time and stamps pending edits anew that are ahead of it, moved by as
 * much as the device's clock is ahead: the server refused them. Returns whether there were any.
 */
export function correctClock(replica: Replica, serverTime: number, wallMs: number): boolean {
  const isRefused = (revision: string) => HLC.millisOf(revision) > serverTime;
  const unsent = replica.ownUnsent();
  // The server refuses what names origins that are ahead as well.
  const refused = [...new Set(unsent.filter(isRefused))].sort();
  // An edit must not look older than the one that it replaces, or the same.
  const kept = [...unsent.filter((revision) => !isRefused(revision)), ...replica.ownKnown()].sort();
  const last = refused.at(-1);
  const difference = Math.max(wallMs, last === undefined ? 0 : HLC.millisOf(last)) - serverTime;
  let clock = HLC.create(replica.node, 0);
  for (const earlier of [replica.state.serverClock, kept.at(-1)]) {
    if (earlier !== undefined) clock = HLC.recv(clock, earlier, 0);
  }
  const renewed = new Map<string, string>();
  for (const revision of refused) {
    clock = HLC.tick(clock, Math.max(0, HLC.millisOf(revision) - Math.max(0, difference)));
    renewed.set(revision, clock);
  }
  replica.state = { ...replica.state, clock, ahead: Math.max(0, wallMs - serverTime) };
  for (const id of replica.entries.keys()) replica.change(id, (document) => restamp(document, renewed));
  return renewed.size > 0;
}

/**
 * Corrects the clock because of a rejection, once in a pass, and sends again what was rejected because of
 * it. Returns what that is.
 */
export function correctRejected(replica: Replica, serverTime: number, wallMs: number): string[] {
  if (replica.state.pass === "corrected" || !correctClock(replica, serverTime, wallMs)) return [];
  replica.state = { ...replica.state, pass: "corrected" };
  return retrySkewed(replica);
}

/**
 * A request is about to be made. With the first of a pass, what was rejected because of a clock goes
 * again: time may have caught up.
 */
export function continuePass(replica: Replica): void {
  if (replica.state.pass !== undefined) return;
  replica.state = { ...replica.state, pass: "begun" };
  retrySkewed(replica);
}

/** Nothing more is to be pushed or pulled. */
export function endPass(replica: Replica): void {
  const { pass: _, ...state } = replica.state;
  replica.state = state;
}

function retrySkewed(replica: Replica): string[] {
  const skewed = [...replica.entries].filter(([, { rejection }]) => rejection && isSkew(rejection));
  for (const [id, entry] of skewed) replica.set(id, withoutRejection(entry));
  return skewed.map(([id]) => id);
}

/** Whether a clock that is ahead is the reason. */
export function isSkew({ code }: Rejection): boolean {
  return code === CLOCK_SKEW;
}

/** Advances the clock beyond all that the answer holds. */
export function hear(replica: Replica, answer: SyncAnswer, wallMs: number): void {
  const changed = (answer.serverChanges ?? []).flatMap((change) => change._rev ?? []);
  const accepted = (answer.accepted ?? []).map(({ rev }) => rev);
  let latest = answer.serverClock;
  for (const revision of [...changed, ...accepted]) if (revision > latest) latest = revision;
  const { state } = replica;
  const ahead = Math.max(0, wallMs - HLC.millisOf(answer.serverClock));
  replica.state = {
    ...state,
    clock: HLC.recv(state.clock, latest, replica.corrected(wallMs)),
    ahead: Math.min(state.ahead, ahead),
  };
}
