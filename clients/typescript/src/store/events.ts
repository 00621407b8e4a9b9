import type { Conflict, DocumentId } from "../core/wire.js";
import type { Status } from "./loop.js";
import type { Scope } from "./replica.js";

/** The events of a store, by name. */
export interface StoreEvents {
  /**
   * A field that both sides changed, with both values. It is resolved already; the loser can be set
   * again. It is kept until a listener in any tab has returned, so it may come a second time after a
   * crash, rather than not at all. (While nobody listens, no more than the last 1,000 of a collection
   * are kept, and those of the last answer.)
   */
  readonly conflict: Scope & { readonly conflict: Conflict };
  /** Documents that the server did not store. They are kept; `Collection.rejected` tells why. */
  readonly rejected: Scope & { readonly documents: readonly DocumentId[] };
  /** How many documents a pull has brought so far, and whether more are coming. */
  readonly progress: Scope & { readonly received: number; readonly isComplete: boolean };
  /** How the synchronisation is doing. */
  readonly status: Status;
  /** The server renewed the session's token: keep it for the next start. */
  readonly token: string;
  /** The user signed out, in this tab or another. The store is closed. */
  readonly signedOut: undefined;
}

type Listener<Event> = (event: Event) => void;

/** Who listens to which event. */
export class Listeners {
  readonly #listeners = new Map<keyof StoreEvents, Set<Listener<never>>>();

  /** Calls `listener` at every such event, until the function that this returns is called. */
  on<Name extends keyof StoreEvents>(name: Name, listener: Listener<StoreEvents[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  has(name: keyof StoreEvents): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** Returns whether a listener has returned. */
  emit<Name extends keyof StoreEvents>(name: Name, event: StoreEvents[Name]): boolean {
    let isHeard = false;
    for (const listener of this.#listeners.get(name) ?? [])
      isHeard = call(listener as Listener<StoreEvents[Name]>, event) || isHeard;
    return isHeard;
  }
}

/**
 * Calls a listener of the application. What it throws is the application's, and stops nothing here. Returns
 * whether it has returned.
 */
export function call<Event>(listener: Listener<Event>, event: Event): boolean {
  try {
    listener(event);
    return true;
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
    return false;
  }
}
