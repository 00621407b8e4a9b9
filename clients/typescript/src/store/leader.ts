import type { SynclineError } from "../core/error.js";
import { type Conflict, documentIdOf } from "../core/wire.js";
import { backOff, sleep } from "./delay.js";
import type { StoreEvents } from "./events.js";
import { LivePokes } from "./live.js";
import { type Status, SyncLoop } from "./loop.js";
import { type Kept, type Scope, type StoredReplica, type Taken, nameOf } from "./replica.js";
import { Sync } from "./sync.js";
import type { Transport } from "./transport.js";

/** What the leading tab needs, and tells. */
export interface LeaderPort {
  readonly pollInterval: number;
  readonly pageSize: number;
  scopes(): Promise<string[]>;
  replica(scope: string): StoredReplica;
  /** Conflicts of which nobody has perhaps heard. */
  onReports(scope: string, conflicts: readonly Conflict[]): Promise<void>;
  onChanged(scope: string, ids: readonly string[]): Promise<void>;
  /** Documents changed to what is kept of them now. */
  onKept(scope: string, kept: Kept): Promise<void>;
  /** A pass of the sync loop begins, or has ended. */
  onBegin(): void;
  onPass(error: SynclineError | undefined): void;
  onStatus(status: Status): void;
  emit<Name extends keyof StoreEvents>(name: Name, event: StoreEvents[Name]): void;
}

/** How much rarer the regular pulls are while live pokes come. */
const LIVE_FACTOR = 5;

/** What the leading tab does: it runs the sync loop, and listens to live pokes. */
export class Leader {
  readonly #loop: SyncLoop;
  readonly #pokes: LivePokes;
  readonly #stop = new AbortController();

  constructor(
    readonly transport: Transport,
    readonly port: LeaderPort,
  ) {
    this.#loop = new SyncLoop(
      {
        scopes: () => port.scopes(),
        sync: (scope, signal) => this.#sync(scope, signal),
        onStatus: (status) => port.onStatus(status),
        onBegin: () => port.onBegin(),
        onPass: (error) => port.onPass(error),
      },
      port.pollInterval,
    );
    this.#pokes = this.#newPokes();
    void this.#pokes.listen();
  }

  /** A scope has edits to be pushed. */
  kick(scope: string): void {
    this.#loop.kick(scope);
  }

  /** Synchronises everything at once. */
  now(): void {
    this.#loop.now();
  }

  /** The user signed in anew: what was refused before may be accepted. */
  signedIn(): void {
    this.#loop.now();
    this.#pokes.hurry();
  }

  stop(): void {
    this.#stop.abort();
    this.#loop.stop();
  }

  async #sync(name: string, signal: AbortSignal): Promise<void> {
    const replica = this.port.replica(name);
    const { transport, port } = this;
    const { scope } = replica;
    const listener = {
      onReports: (conflicts: readonly Conflict[]) => port.onReports(name, conflicts),
      onTaken: async ({ kept }: Taken, received: number, isComplete: boolean) => {
        await port.onKept(name, kept);
        if (received > 0) port.emit("progress", { ...scope, received, isComplete });
      },
      onRejected: (ids: Iterable<string>) => this.#rejected(scope, [...ids]),
    };
    const sync = () => new Sync(replica, transport, port.pageSize, listener, signal).run();
    let ending = await sync();
    for (let times = 0; ending === "superseded" && !signal.aborted; times++) {
      // At random, and longer each time: two tabs must not do that to each other for ever.
      await sleep(backOff(times), signal);
      ending = await sync();
    }
    if (ending === "more") this.#loop.kick(name);
  }

  async #rejected(scope: Scope, ids: readonly string[]): Promise<void> {
    await this.port.onChanged(nameOf(scope), ids);
    this.port.emit("rejected", { ...scope, documents: ids.map(documentIdOf) });
  }

  #newPokes(): LivePokes {
    const listener = {
      onPoke: (scope: Scope) => this.#loop.kick(nameOf(scope)),
      onPokeOfAll: () => this.#loop.kick(),
      onStream: (isOpen: boolean) => {
        this.#loop.pollInterval = this.port.pollInterval * (isOpen ? LIVE_FACTOR : 1);
        if (isOpen) this.#loop.kick();
      },
    };
    return new LivePokes(this.transport, listener, this.#stop.signal);
  }
}
