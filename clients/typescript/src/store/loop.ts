import type { SynclineError } from "../core/error.js";
import { LONGEST, delayAfter, roughly } from "./delay.js";

/** How the synchronisation is doing. */
export interface Status {
  /** `waiting`: it failed, and is tried again at `retryAt`. */
  readonly state: "idle" | "syncing" | "waiting";
  /** Why the last attempt failed. */
  readonly error?: SynclineError;
  /** When it is tried again, in milliseconds since 1970. */
  readonly retryAt?: number;
}

/** What a loop needs to know, and tells. */
export interface LoopPort {
  /** The scopes there are. */
  scopes(): Promise<string[]>;
  /** Synchronises a scope. */
  sync(scope: string, signal: AbortSignal): Promise<void>;
  onStatus(status: Status): void;
  /** A pass begins. It takes up all that is due by now, and nothing that comes later. */
  onBegin(): void;
  /** The pass ended: all of that is done, or there was an error. */
  onPass(error: SynclineError | undefined): void;
}

/** How long after an edit it is pushed, so that a few edits in a row go together. */
const GATHER = 50;

/** Synchronises what is due, one scope after the other, again and again. */
export class SyncLoop {
  #due = new Set<string>();
  #isAllDue = true;
  /** Whether somebody insists on what no pass has taken up. */
  #isUrgent = false;
  #pollAt = 0;
  #failures = 0;
  #isRunning = false;
  #isGathering = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stop = new AbortController();

  constructor(
    readonly port: LoopPort,
    public pollInterval: number,
  ) {
    this.#wakeIn(0);
  }

  /** A scope changed, here or on the server; without a name, any may have. */
  kick(scope?: string): void {
    if (scope === undefined) this.#isAllDue = true;
    else this.#due.add(scope);
    // After a failure the next attempt is planned already. Edits in a row do not put a push off for ever.
    if (this.#failures > 0 || this.#isGathering) return;
    this.#wakeIn(GATHER);
    this.#isGathering = true;
  }

  /** Synchronises everything at once, whatever failed before. */
  now(): void {
    this.#failures = 0;
    this.#isAllDue = true;
    this.#isUrgent = true;
    this.#wakeIn(0);
  }

  /** Stops, in the middle of a request if need be. */
  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  #wakeIn(milliseconds: number, isPoll = false): void {
    clearTimeout(this.#timer);
    this.#isGathering = false;
    if (this.#stop.signal.aborted) return;
    const wake = () => {
      this.#isGathering = false;
      this.#isAllDue ||= isPoll;
      void this.#wake();
    };
    this.#timer = setTimeout(wake, Math.min(milliseconds, LONGEST));
  }

  async #wake(): Promise<void> {
    // Another pass follows one under way, if something has become due meanwhile.
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#isUrgent = false;
    this.port.onStatus({ state: "syncing" });
    this.port.onBegin();
    const error = await this.#pass().catch((error: SynclineError) => error);
    this.#isRunning = false;
    if (!this.#stop.signal.aborted) this.#rest(error);
  }

  /**
   * Synchronises what is due, each scope once: however often something becomes due, every scope has its
   * turn, and the pass an end. Returns the first error that concerns one scope alone.
   */
  async #pass(): Promise<SynclineError | undefined> {
    const left = await this.#take();
    let refusal: SynclineError | undefined;
    for (const scope of left) {
      if (this.#stop.signal.aborted) break;
      try {
        await this.port.sync(scope, this.#stop.signal);
      } catch (error) {
        refusal ??= error as SynclineError;
        if ((error as SynclineError).code !== "refused") {
          for (const name of left) this.#due.add(name);
          throw error;
        }
      }
      left.delete(scope);
    }
    return refusal;
  }

  /** The scopes that are due, which are so no longer. */
  async #take(): Promise<Set<string>> {
    const [isAll, due] = [this.#isAllDue, this.#due];
    this.#isAllDue = false;
    this.#due = new Set();
    try {
      const scopes = await this.port.scopes();
      if (isAll) this.#pollAt = performance.now() + roughly(this.pollInterval);
      return new Set(scopes.filter((name) => isAll || due.has(name)));
    } catch (error) {
      this.#isAllDue ||= isAll;
      for (const name of due) this.#due.add(name);
      throw error;
    }
  }

  /** Plans the next pass, and tells how this one went. */
  #rest(error: SynclineError | undefined): void {
    const failure = error?.code === "refused" ? undefined : error;
    const isDue = this.#isAllDue || this.#due.size > 0;
    // Whoever insists meanwhile is not put off by an error from before that.
    if (this.#isUrgent || (!failure && isDue)) this.#wakeIn(0);
    else if (failure) this.#pauseAfter(failure);
    else this.#pauseUntilPoll(error);
    this.port.onPass(error);
  }

  #pauseAfter(error: SynclineError): void {
    const delay = delayAfter(error, this.#failures++);
    this.#wakeIn(delay);
    this.port.onStatus({ state: "waiting", error, retryAt: Date.now() + delay });
  }

  /** Of an error that concerns one scope alone, the rest goes on. */
  #pauseUntilPoll(error: SynclineError | undefined): void {
    this.#failures = 0;
    this.#wakeIn(Math.max(0, this.#pollAt - performance.now()), true);
    this.port.onStatus({ state: "idle", ...(error && { error }) });
  }
}
