/** The device's clock, and what becomes of it when it is ahead of the server's. */

import * as HLC from "./hlc.js";
import { restamp } from "./rebase.js";
import type { Replica } from "./replica.js";
import type { SyncAnswer } from "./wire.js";

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
