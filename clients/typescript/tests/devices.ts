import assert from "node:assert/strict";

import {
  type Conflict,
  type Document,
  type Fetch,
  MemoryStorage,
  type Store,
  type SyncAnswer,
  SyncClient,
  openStore,
} from "../src/index.js";
import type { TestServer } from "./server.js";

export const COLLECTION = "shared";

/** A device of a user, whose network loses what a test says. */
export interface Device {
  get(key: string): Promise<Document | undefined>;
  set(key: string, doc: Document): Promise<void>;
  delete(key: string): Promise<void>;
  sync(): Promise<void>;
  loseRequest(): Promise<void>;
  loseAnswer(): Promise<void>;
  restart(): Promise<void>;
  /** How many documents wait for the server. */
  unsent(): Promise<number>;
  close(): Promise<void>;
}

/** Whoever is told of conflicts. */
export type Report = (conflict: Conflict) => void;

/** The core alone, which a loop of the test connects with the server. */
export class CoreDevice implements Device {
  constructor(
    readonly server: TestServer,
    readonly token: string,
    readonly report: Report,
    private client: SyncClient,
  ) {}

  get(key: string): Promise<Document | undefined> {
    return Promise.resolve(this.client.get(key));
  }

  set(key: string, doc: Document): Promise<void> {
    this.client.edit(key, doc);
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.client.delete(key);
    return Promise.resolve();
  }

  async sync(): Promise<void> {
    let hasMore = true;
    while (hasMore) {
      const { conflicts, ...result } = this.client.sync(await this.#post());
      conflicts.forEach(this.report);
      hasMore = result.hasMore;
    }
  }

  loseRequest(): Promise<void> {
    this.client.getRequest(COLLECTION);
    return Promise.resolve();
  }

  async loseAnswer(): Promise<void> {
    await this.#post();
  }

  restart(): Promise<void> {
    this.client = SyncClient.fromSnapshot(this.client.getSnapshot())!;
    return Promise.resolve();
  }

  unsent(): Promise<number> {
    return Promise.resolve(this.client.pending().length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #post(): Promise<SyncAnswer> {
    const response = await fetch(`${this.server.url}/notes/sync`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${this.token}` },
      body: JSON.stringify(this.client.getRequest(COLLECTION, 2)),
    });
    const answer = await response.json();
    assert.equal(response.status, 200, JSON.stringify(answer));
    return answer as SyncAnswer;
  }
}

/** A store, whose network is there when the test says so: nothing changes while a test looks away. */
export class StoreDevice implements Device {
  #store!: Store;
  #network: "off" | "on" | "answers are lost" = "off";
  readonly #storage = new MemoryStorage();

  private constructor(
    readonly server: TestServer,
    readonly token: string,
    readonly report: Report,
  ) {}

  static async open(server: TestServer, token: string, report: Report): Promise<StoreDevice> {
    const device = new StoreDevice(server, token, report);
    await device.#open();
    return device;
  }

  get(key: string): Promise<Document | undefined> {
    return this.#store.collection(COLLECTION).get(key);
  }

  set(key: string, doc: Document): Promise<void> {
    return this.#store.collection(COLLECTION).set(key, doc);
  }

  async delete(key: string): Promise<void> {
    await this.#store.collection(COLLECTION).delete(key);
  }

  async sync(): Promise<void> {
    this.#network = "on";
    await this.#store.sync();
    this.#network = "off";
  }

  loseRequest(): Promise<void> {
    return assert.rejects(this.#store.sync(), { code: "network" });
  }

  async loseAnswer(): Promise<void> {
    this.#network = "answers are lost";
    await assert.rejects(this.#store.sync(), { code: "network" });
    this.#network = "off";
  }

  async restart(): Promise<void> {
    await this.#store.close();
    await this.#open();
  }

  unsent(): Promise<number> {
    return this.#store.unsent();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #open(): Promise<void> {
    this.#store = await openStore({
      url: this.server.url,
      app: "notes",
      token: this.token,
      storage: () => Promise.resolve(this.#storage),
      pageSize: 2,
      pollInterval: Infinity,
      fetch: this.#fetch,
    });
    this.#store.on("conflict", ({ conflict }) => this.report(conflict));
    this.#store.collection(COLLECTION);
  }

  readonly #fetch: Fetch = async (url, init) => {
    if (this.#network === "off") throw new TypeError("off");
    const response = await fetch(url, init);
    if (this.#network === "answers are lost") throw new TypeError("lost");
    return response;
  };
}
