import type { Conflict } from "../core/wire.js";
import type { Listeners } from "./events.js";
import type { StoredReplica } from "./replica.js";

/** Tells the listeners of this tab of conflicts. What they have heard is no longer kept. */
export class Reports {
  #last: Promise<void> = Promise.resolve();

  constructor(readonly listeners: Listeners) {}

  /** Tells of all that is kept of a scope, if anybody listens. Each look is after the one before it. */
  tell(replica: StoredReplica): Promise<void> {
    const look = async () => {
      if (this.#isHeard()) await this.pass(replica, await replica.reports());
    };
    this.#last = this.#last.then(look, look);
    return this.#last;
  }

  /** Tells of what another tab tells of, if anybody listens. */
  async pass(replica: StoredReplica, conflicts: readonly Conflict[]): Promise<void> {
    const { scope } = replica;
    const heard = conflicts.filter((conflict) => this.listeners.emit("conflict", { ...scope, conflict }));
    if (heard.length > 0) await replica.reported(heard);
  }

  #isHeard(): boolean {
    return this.listeners.has("conflict");
  }
}
