/** What a client does when the server sends its whole state anew. */

import { heal, missing, removed } from "./rebase.js";
import { type Replica, type ReplicaState, withDocument } from "./replica.js";
import { documentIdOf } from "./wire.js";

/**
 * Doubts every document until the server brings it. Those that a restored database may have lost
 * become pending, if the client may write them.
 */
export function beginReset(replica: Replica, healFrom: string | undefined): void {
  replica.state = { ...replica.state, reset: "pulling" };
  for (const [id, entry] of replica.entries) {
    if (!entry.server) continue;
    const isNewer = healFrom !== undefined && entry.server.revision > healFrom;
    const isLost = isNewer && entry.access !== "read";
    replica.set(id, { ...withDocument(entry, isLost ? heal(entry) : entry), isMissing: true });
  }
}

/** A pull is complete. Returns the documents that are gone. */
export function endPull(replica: Replica): string[] {
  const { reset, ...state } = replica.state;
  if (reset === "pulling") replica.state = { ...state, reset: "confirming" };
  if (reset !== "confirming") return [];
  replica.state = state;
  return dropMissing(replica);
}

/** The next pull is a first one. */
export function forgetServer({ clock, ahead }: ReplicaState): ReplicaState {
  return { clock, ahead, isPaging: false };
}

function dropMissing(replica: Replica): string[] {
  const dropped = [...replica.entries].filter(([, entry]) => entry.isMissing);
  for (const [id, { isMissing: _, ...entry }] of dropped) {
    // Another's may no longer be seen.
    const isOwn = documentIdOf(id).owner === undefined;
    replica.set(id, withDocument(entry, isOwn ? missing(entry) : removed(entry)));
  }
  return dropped.map(([id]) => id);
}
