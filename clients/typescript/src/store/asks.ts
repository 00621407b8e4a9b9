import type { SynclineError } from "../core/error.js";
import { randomId } from "./random.js";

/** Somebody in this tab who waits for the end of a sync. */
interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: SynclineError) => void;
}

/**
 * What is asked for, in this tab and others: each time a pass of the sync loop that begins after the question,
 * since an earlier one may have passed over what the asker edited.
 */
export class Asks {
  /** Those who wait in this tab, by what they asked. */
  readonly #waiters = new Map<string, Waiter>();
  /** What no pass has taken up. */
  #open = new Set<string>();
  /** What the pass of this tab that is under way has taken up. */
  #taken: readonly string[] = [];

  /** Resolves when a pass has ended that began after now. */
  wait(): Promise<void> {
    const ask = randomId();
    this.#open.add(ask);
    return new Promise((resolve, reject) => this.#waiters.set(ask, { resolve, reject }));
  }

  /** Another tab passes on what it has not answered. */
  add(asks: readonly string[]): void {
    for (const ask of asks) this.#open.add(ask);
  }

  /** A pass begins. */
  take(): void {
    this.#taken = [...this.#open];
    this.#open.clear();
  }

  /** The pass ended. Returns what it answers. */
  end(error: SynclineError | undefined): readonly string[] {
    const answered = this.#taken;
    this.#taken = [];
    this.settle(answered, error);
    return answered;
  }

  /** A pass of this tab or another has answered `asks`. */
  settle(asks: readonly string[], error: SynclineError | undefined): void {
    for (const ask of asks) {
      const waiter = this.#waiters.get(ask);
      this.#waiters.delete(ask);
      this.#open.delete(ask);
      if (error) waiter?.reject(error);
      else waiter?.resolve();
    }
  }

  /** The pass that is under way will not end. Returns all that is to be answered by another. */
  giveUp(): readonly string[] {
    this.add(this.#taken);
    this.#taken = [];
    return [...this.#open];
  }

  /** Nobody in this tab waits any longer. */
  close(error: SynclineError): void {
    const asks = [...this.#waiters.keys()];
    this.#taken = this.#taken.filter((ask) => !this.#waiters.has(ask));
    this.settle(asks, error);
  }
}
