import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import fc from "fast-check";

import { type Document, type SyncAnswer, SyncClient } from "../src/index.js";
import { TestServer } from "./server.js";

const KEYS = ["a", "b", "c"];
const COLLECTION = "shared";

let server: TestServer;
let runs = 0;

before(async () => {
  server = await TestServer.start();
});

after(() => server.remove());

/** What happens to one of the devices. */
type Event = { device: number } & (
  | { do: "set"; key: string; field: string; value: string | number }
  | { do: "append" | "delete"; key: string }
  | { do: "sync" | "lose the request" | "lose the answer" | "restart" }
);

const device = fc.nat({ max: 2 });
const key = fc.constantFrom(...KEYS);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    device,
    do: fc.constant("set" as const),
    key,
    field: fc.constantFrom("x", "y", "z"),
    value: fc.nat({ max: 3 }),
  }),
  fc.record({ device, do: fc.constantFrom("append" as const, "append" as const, "delete" as const), key }),
  fc.record({
    device,
    do: fc.constantFrom(
      "sync" as const,
      "sync" as const,
      "lose the request" as const,
      "lose the answer" as const,
      "restart" as const,
    ),
  }),
);

describe("devices of one user", () => {
  it("hold the same documents when all have synced, whatever happened before", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 10, maxLength: 40 }), async (events) => {
        const story = new Devices(`converging-${++runs}`);
        for (const next of events) await story.perform(next);
        await story.settle();
        const [first, ...others] = story.contents();
        for (const other of others) assert.deepEqual(other, first);
        assert.deepEqual(story.linesLost(), []);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });
});

/** Three devices of a user, and the lines that they appended to texts. */
class Devices {
  readonly #clients = [0, 1, 2].map((device) => new SyncClient(`device-${device}`));
  readonly #appended = new Map<string, string>();
  readonly #reported: string[] = [];
  readonly #token: string;
  #lines = 0;

  constructor(user: string) {
    this.#token = server.token(user);
  }

  async perform(event: Event): Promise<void> {
    const client = this.#clients[event.device]!;
    switch (event.do) {
      case "set":
        return void client.edit(event.key, { ...client.get(event.key), [event.field]: event.value });
      case "append":
        return this.#append(client, event.key);
      case "delete":
        return this.#delete(client, event.key);
      case "sync":
        return this.#sync(client);
      case "lose the request":
        return void client.getRequest(COLLECTION);
      case "lose the answer":
        return void (await this.#post(client));
      case "restart":
        this.#clients[event.device] = SyncClient.fromSnapshot(client.getSnapshot())!;
    }
  }

  /** Synchronises all devices until none has anything new. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      for (const client of this.#clients) await this.#sync(client);
    }
  }

  contents(): Document[] {
    return this.#clients.map((client) => {
      assert.deepEqual([client.pending(), client.rejected()], [[], []]);
      return Object.fromEntries(KEYS.map((key) => [key, client.get(key) ?? null]));
    });
  }

  /** Lines that are in no document, and of which no report tells. */
  linesLost(): string[] {
    const held = JSON.stringify(this.contents()) + this.#reported.join("");
    return [...this.#appended]
      .filter(([line]) => !held.includes(line))
      .map(([line, key]) => `${line} in ${key}`);
  }

  #append(client: SyncClient, key: string): void {
    const line = `<${++this.#lines}>`;
    const doc = client.get(key) ?? {};
    const text = typeof doc["text"] === "string" ? doc["text"] : "";
    client.edit(key, { ...doc, text: `${text}${line}\n` });
    this.#appended.set(line, key);
  }

  /** The lines that go with the document are deleted, not lost. */
  #delete(client: SyncClient, key: string): void {
    const text = JSON.stringify(client.get(key) ?? {});
    for (const line of this.#appended.keys()) if (text.includes(line)) this.#appended.delete(line);
    client.delete(key);
  }

  async #sync(client: SyncClient): Promise<void> {
    let hasMore = true;
    while (hasMore) {
      const { conflicts, ...result } = client.sync(await this.#post(client));
      this.#reported.push(...conflicts.map((conflict) => JSON.stringify(conflict)));
      hasMore = result.hasMore;
    }
  }

  async #post(client: SyncClient): Promise<SyncAnswer> {
    const response = await fetch(`${server.url}/notes/sync`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${this.#token}` },
      body: JSON.stringify(client.getRequest(COLLECTION, 2)),
    });
    const answer = await response.json();
    assert.equal(response.status, 200, JSON.stringify(answer));
    return answer as SyncAnswer;
  }
}
