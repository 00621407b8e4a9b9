import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import fc from "fast-check";

import { type Document, SyncClient } from "../src/index.js";
import { CoreDevice, type Device, type Report, StoreDevice } from "./devices.js";
import { TestServer } from "./server.js";

const KEYS = ["a", "b", "c"];

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
  | { do: "sync" | "loseRequest" | "loseAnswer" | "restart" }
);

const device = fc.nat({ max: 2 });
const key = fc.constantFrom(...KEYS);
const field = fc.constantFrom("x", "y", "z");
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ device, do: fc.constant("set" as const), key, field, value: fc.nat({ max: 3 }) }),
  fc.record({ device, do: fc.constantFrom("append" as const, "append" as const, "delete" as const), key }),
  fc.record({ device, do: fc.constantFrom("sync" as const, "loseRequest" as const, "loseAnswer" as const) }),
  fc.record({ device, do: fc.constantFrom("sync" as const, "restart" as const) }),
);

/** Makes a device of a user out of a session's token. */
type Maker = (token: string, report: Report, index: number) => Promise<Device>;

describe("devices of one user hold the same documents when all have synced, whatever happened before", () => {
  it("as cores", () =>
    converge((token, report, index) =>
      Promise.resolve(new CoreDevice(server, token, report, new SyncClient(`device-${index}`))),
    ));

  it("as stores", () => converge((token, report) => StoreDevice.open(server, token, report)));
});

async function converge(make: Maker): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 10, maxLength: 40 }), async (events) => {
      const story = await Story.begin(make);
      for (const next of events) await story.perform(next);
      await story.settle();
      const [first, ...others] = await story.contents();
      for (const other of others) assert.deepEqual(other, first);
      assert.deepEqual(story.linesLostFrom(first!), []);
      await story.end();
    }),
    { numRuns: 10, endOnFailure: true },
  );
}

/** Three devices of a user, and the lines that they appended to texts. */
class Story {
  readonly #devices: Device[] = [];
  readonly #appended = new Set<string>();
  readonly #reported: string[] = [];
  #lines = 0;

  static async begin(make: Maker): Promise<Story> {
    const story = new Story();
    const token = server.token(`converging-${++runs}`);
    const report: Report = (conflict) => void story.#reported.push(JSON.stringify(conflict));
    for (let index = 0; index < 3; index++) story.#devices.push(await make(token, report, index));
    return story;
  }

  async perform(event: Event): Promise<void> {
    const device = this.#devices[event.device]!;
    switch (event.do) {
      case "set":
        return device.set(event.key, { ...(await device.get(event.key)), [event.field]: event.value });
      case "append":
        return this.#append(device, event.key);
      case "delete":
        return this.#delete(device, event.key);
      default:
        return device[event.do]();
    }
  }

  /** Synchronises all devices until none has anything new. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      for (const device of this.#devices) await device.sync();
    }
  }

  /** What each device shows. */
  async contents(): Promise<Document[]> {
    const contents: Document[] = [];
    for (const device of this.#devices) {
      assert.equal(await device.unsent(), 0);
      const documents = await Promise.all(KEYS.map(async (key) => [key, (await device.get(key)) ?? null]));
      contents.push(Object.fromEntries(documents) as Document);
    }
    return contents;
  }

  /** Lines that are in no document, and of which no report tells. */
  linesLostFrom(contents: Document): string[] {
    const held = JSON.stringify(contents) + this.#reported.join("");
    return [...this.#appended].filter((line) => !held.includes(line));
  }

  async end(): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.close()));
  }

  async #append(device: Device, key: string): Promise<void> {
    const line = `<${++this.#lines}>`;
    const doc = (await device.get(key)) ?? {};
    const text = typeof doc["text"] === "string" ? doc["text"] : "";
    this.#appended.add(line);
    await device.set(key, { ...doc, text: `${text}${line}\n` });
  }

  /** The lines that go with the document are deleted, not lost. */
  async #delete(device: Device, key: string): Promise<void> {
    const text = JSON.stringify((await device.get(key)) ?? {});
    for (const line of this.#appended) if (text.includes(line)) this.#appended.delete(line);
    await device.delete(key);
  }
}
