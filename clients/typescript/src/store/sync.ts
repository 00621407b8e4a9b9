import { SynclineError } from "../core/error.js";
import { MAX_CHANGES, type InFlight } from "../core/request.js";
import type { Conflict, SyncAnswer, SyncRequest } from "../core/wire.js";
import type { Begun, StoredReplica, Taken } from "./replica.js";
import { type Transport, isRefusal } from "./transport.js";

/** What a sync tells while it goes on. */
export interface SyncListener {
  /** Fields that both sides changed. It hears of the same ones again until they are no longer kept. */
  onReports(conflicts: readonly Conflict[]): Promise<void>;
  /** An answer was taken in; `received` documents of a pull have come so far, or all of them. */
  onTaken(taken: Taken, received: number, isComplete: boolean): Promise<void>;
  /** The server did not store these documents. */
  onRejected(ids: Iterable<string>): Promise<void>;
}

/** How a sync ended. */
export type Ending =
  /** Nothing waits that was there when it began. */
  | "done"
  /** So it is, but something waits already that came meanwhile. */
  | "more"
  /** Another tab has begun a request meanwhile: what that does not push may wait still. */
  | "superseded";

/** Whole refusals that one document of the request may be the reason of. */
const BECAUSE_OF_A_DOCUMENT = [400, 413, 422];

/**
 * So many requests that each push all that waits end a sync: a reset or a wrong clock takes a few, and
 * somebody who edits all the time would have it go on for ever.
 */
const MOST_WHOLE = 5;

/** Pushes and pulls until nothing is waiting on either side that was there when it began. */
export class Sync {
  #inFlight: InFlight = new Map();
  #received = 0;
  #isCorrected = false;
  #hasReported = false;
  #maxChanges = MAX_CHANGES;

  constructor(
    readonly replica: StoredReplica,
    readonly transport: Transport,
    readonly pageSize: number,
    readonly listener: SyncListener,
    readonly signal: AbortSignal,
  ) {}

  /** Runs it to its end. What was taken in before an error stays, and the next sync goes on from there. */
  async run(): Promise<Ending> {
    let ending: Ending = "more";
    for (let whole = 0; ending === "more" && whole < MOST_WHOLE && !this.signal.aborted;) {
      const begun = await this.replica.begin(this.#inFlight, this.pageSize, this.#maxChanges);
      // The scope was forgotten.
      if (!begun) return "done";
      if (begun.isWhole) whole++;
      ending = await this.#exchange(begun);
    }
    return ending;
  }

  /**
   * Sends a request, and takes in its answer and the pages that follow it: while one of them is being
   * kept, the next is on its way. With "more", another request is worth sending.
   */
  async #exchange(begun: Begun): Promise<Ending> {
    let coming = this.#send(begun.body);
    while (!this.signal.aborted) {
      const answer = await this.#answerOf(begun, coming);
      if (!answer) return "more";
      const body = requestOfNextPage(begun.body, answer);
      const next = answer.hasMore ? this.#send(body) : undefined;
      const taken = await this.#apply(begun, answer);
      if (!taken) return "superseded";
      if (!next) return taken.hasMore ? "more" : "done";
      begun = { ...begun, body, inFlight: taken.inFlight };
      coming = next;
    }
    return "done";
  }

  #send(body: SyncRequest): Promise<SyncAnswer> {
    const coming = this.transport.sync(body, this.replica.scope.org, this.signal);
    // Whoever waits for it hears of an error; what comes before it may fail first, and nobody waits.
    coming.catch(() => undefined);
    return coming;
  }

  /** The answer to a request; without one, another request is worth sending. */
  async #answerOf(begun: Begun, coming: Promise<SyncAnswer>): Promise<SyncAnswer | undefined> {
    try {
      return await coming;
    } catch (error) {
      if (!isRefusal(error) || !(await this.#mend(begun, error as SynclineError))) throw error;
      return undefined;
    }
  }

  /** Takes an answer in, and tells what it did; nothing if another request has begun. */
  async #apply(begun: Begun, answer: SyncAnswer): Promise<Taken | undefined> {
    const taken = await this.replica.apply(begun, answer);
    if (!taken) return undefined;
    this.#inFlight = taken.inFlight;
    this.#received += taken.changed.size;
    const isComplete = answer.hasMore !== true;
    await this.listener.onTaken(taken, this.#received, isComplete);
    // What comes after that is another pull.
    if (isComplete) this.#received = 0;
    await this.#report(taken);
    if (taken.rejected.size > 0) await this.listener.onRejected(taken.rejected);
    return taken;
  }

  /** Tells of new conflicts, and once of those that an earlier program has perhaps not told of. */
  async #report({ conflicts, reports }: Taken): Promise<void> {
    const isDue = conflicts.length > 0 || !this.#hasReported;
    this.#hasReported = true;
    if (isDue && reports.length > 0) await this.listener.onReports(reports);
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
      const rejected = await this.replica.reject(begun, rejection);
      if (rejected.length > 0) await this.listener.onRejected(rejected);
      this.#maxChanges = MAX_CHANGES;
    } else {
      // One by one, so that the one that it is because of blocks no other.
      this.#maxChanges = 1;
    }
    return true;
  }
}

/** Asks for the page after `answer`. It depends on nothing but that: pages are pulled, and nothing is pushed. */
function requestOfNextPage(body: SyncRequest, { serverClock }: SyncAnswer): SyncRequest {
  return { ...body, clientClock: serverClock, changes: [] };
}
