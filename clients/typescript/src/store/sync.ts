import { SynclineError } from "../core/error.js";
import { MAX_CHANGES, type InFlight } from "../core/request.js";
import type { Conflict, SyncAnswer } from "../core/wire.js";
import type { Begun, StoredReplica, Taken } from "./replica.js";
import { type Transport, isRefusal } from "./transport.js";

/** What a sync tells while it goes on. */
export interface SyncListener {
  /** Fields that both sides changed. It may hear of the same ones again. */
  onConflicts(conflicts: readonly Conflict[]): void;
  /** An answer was taken in; `received` documents have come so far. */
  onTaken(taken: Taken, received: number): Promise<void>;
  /** The server did not store these documents. */
  onRejected(ids: Iterable<string>): Promise<void>;
}

/** Whole refusals that one document of the request may be the reason of. */
const BECAUSE_OF_A_DOCUMENT = [400, 413, 422];

/** Pushes and pulls until nothing is waiting on either side. */
export class Sync {
  #inFlight: InFlight = new Map();
  #received = 0;
  #isCorrected = false;
  #maxChanges = MAX_CHANGES;

  constructor(
    readonly replica: StoredReplica,
    readonly transport: Transport,
    readonly pageSize: number,
    readonly listener: SyncListener,
    readonly signal: AbortSignal,
  ) {}

  /** Runs it to its end. What was taken in before an error stays, and the next sync goes on from there. */
  async run(): Promise<void> {
    while (!this.signal.aborted) {
      const begun = await this.replica.begin(this.#inFlight, this.pageSize, this.#maxChanges);
      const answer = await this.#send(begun);
      if (answer && !(await this.#apply(begun, answer))) return;
    }
  }

  /** Sends a request; without an answer, another one is worth sending. */
  async #send(begun: Begun): Promise<SyncAnswer | undefined> {
    try {
      return await this.transport.sync(begun.body, this.replica.scope.org, this.signal);
    } catch (error) {
      if (!isRefusal(error) || !(await this.#mend(begun, error as SynclineError))) throw error;
      return undefined;
    }
  }

  /** Returns whether there is more. */
  async #apply(begun: Begun, answer: SyncAnswer): Promise<boolean> {
    const taken = await this.replica.apply(begun, answer);
    // Another tab has begun a request meanwhile, and goes on.
    if (!taken) return false;
    this.#inFlight = taken.inFlight;
    this.#received += taken.changed.size;
    await this.listener.onTaken(taken, this.#received);
    await this.#report(taken.reports);
    if (taken.rejected.size > 0) await this.listener.onRejected(taken.rejected);
    return taken.hasMore;
  }

  async #report(conflicts: readonly Conflict[]): Promise<void> {
    if (conflicts.length === 0) return;
    this.listener.onConflicts(conflicts);
    await this.replica.reported(conflicts.length);
  }

  /** Does what can be done about a refusal. Returns whether another request is worth sending. */
  async #mend(begun: Begun, error: SynclineError): Promise<boolean> {
    const { size } = begun.inFlight;
    const serverTime = this.#isCorrected ? undefined : error.serverTime;
    this.#isCorrected = await this.replica.refuse(begun, serverTime);
    if (this.#isCorrected) return true;
    if (begun.body.changes.length === 0 || !BECAUSE_OF_A_DOCUMENT.includes(error.status ?? 0)) return false;
    if (size === 1) {
      const rejection = { code: error.reason ?? "refused", error: error.message, details: error.details };
      await this.listener.onRejected(await this.replica.reject(begun, rejection));
      this.#maxChanges = MAX_CHANGES;
    } else {
      // One by one, so that the one that it is because of blocks no other.
      this.#maxChanges = 1;
    }
    return true;
  }
}
