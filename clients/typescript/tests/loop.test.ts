import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";

import { SynclineError } from "../src/index.js";
import { MemoryStorage } from "../src/storage/memory.js";
import { backOff } from "../src/store/delay.js";
import { type LoopPort, type Status, SyncLoop } from "../src/store/loop.js";
import { StoredReplica } from "../src/store/replica.js";
import { eventually } from "./eventually.js";

let loop: SyncLoop | undefined;

afterEach(() => loop?.stop());

describe("the sync loop", () => {
  it("pushes while edits go on, a few together", async () => {
    const port = new Port(["notes"]);
    loop = new SyncLoop(port, Infinity);
    await eventually(() => port.passes === 1, "the first pass");
    for (let edits = 0; edits < 40; edits++) {
      loop.kick("notes");
      await pause(10);
    }
    assert.ok(port.synced.length > 3 && port.synced.length < 20, `${port.synced.length} syncs`);
  });

  it("synchronises what is due alone, and everything when it polls", async () => {
    const port = new Port(["notes", "tasks"]);
    loop = new SyncLoop(port, 300);
    await eventually(() => port.passes === 1, "the first pass");
    loop.kick("tasks");
    loop.kick("of nobody");
    await eventually(() => port.passes === 2, "the second pass");
    assert.deepEqual(port.synced, ["notes", "tasks", "tasks"]);
    await eventually(() => port.passes === 3, "the poll");
    assert.deepEqual(port.synced, ["notes", "tasks", "tasks", "notes", "tasks"]);
  });

  it("waits as long as the server says, and not when it is told to go on", async () => {
    const port = new Port(["notes"]);
    port.errors.push(new SynclineError("unavailable", "busy", { retryAfter: 600_000 }));
    loop = new SyncLoop(port, Infinity);
    await eventually(() => port.status?.state === "waiting", "it waits");
    assert.ok(port.status!.retryAt! > Date.now() + 590_000);
    loop.kick("notes");
    await pause(100);
    assert.equal(port.synced.length, 1, "an edit does not hurry it");
    loop.now();
    await eventually(() => port.status?.state === "idle", "it goes on");
    assert.equal(port.status!.error, undefined);
  });

  it("begins again at once if it is told to go on before it fails", async () => {
    const port = new Port(["notes"]);
    const sync = port.sync.bind(port);
    port.sync = async (scope) => {
      port.sync = sync;
      loop!.now();
      port.errors.push(new SynclineError("unauthorized", "sign in again"));
      await sync(scope);
    };
    loop = new SyncLoop(port, Infinity);
    await eventually(() => port.passes === 2, "both passes end");
    assert.deepEqual([port.synced.length, port.status!.state], [2, "idle"]);
  });

  it("gives every scope its turn, and each pass an end, however often it is told to go on", async () => {
    const port = new Port(["notes", "tasks"]);
    const sync = port.sync.bind(port);
    port.sync = async (scope) => {
      if (port.synced.length < 20) loop!.now();
      await sync(scope);
    };
    loop = new SyncLoop(port, Infinity);
    await eventually(() => port.status?.state === "idle", "it comes to rest");
    assert.deepEqual(port.synced.slice(0, 4), ["notes", "tasks", "notes", "tasks"]);
    assert.equal(port.passes, 11);
  });

  it("is not hurried by the failure of what it begins with", async () => {
    const port = new Port([]);
    let looks = 0;
    port.scopes = () => Promise.reject(new SynclineError("storage", `look ${++looks}`));
    loop = new SyncLoop(port, Infinity);
    loop.now();
    await eventually(() => port.status?.state === "waiting", "it waits");
    assert.equal(looks, 1);
  });

  it("goes on with the others when one is refused, and tells of it", async () => {
    const port = new Port(["left", "notes"]);
    port.errors.push(new SynclineError("refused", "no member"));
    loop = new SyncLoop(port, Infinity);
    await eventually(() => port.passes === 1, "the pass ends");
    assert.deepEqual(port.synced, ["left", "notes"]);
    assert.deepEqual([port.status!.state, port.status!.error?.code], ["idle", "refused"]);
  });
});

describe("the pauses after failures", () => {
  it("grow to a minute, and differ from device to device", () => {
    const longest = [0, 1, 2, 5, 6, 100].map((failures) => backOff(failures, 1));
    assert.deepEqual(longest, [1000, 2000, 4000, 32_000, 60_000, 60_000]);
    assert.deepEqual([backOff(0, 0), backOff(100, 0)], [500, 30_000]);
  });
});

describe("an answer", () => {
  it("is dropped when another request has begun since, and nothing is lost", async () => {
    const notes = new StoredReplica(new MemoryStorage(), { collection: "notes" });
    await notes.edit("a", { n: 1 });
    const begin = async () => (await notes.begin(new Map(), 10))!;
    const slow = await begin();
    const fast = await begin();
    assert.deepEqual(fast.body.changes, slow.body.changes);
    const answer = (millis: number) => {
      const rev = `${millis.toString(16).padStart(13, "0")}-000000-server~1`;
      return { serverClock: rev, accepted: [{ key: "a", rev }] };
    };
    assert.ok(await notes.apply(fast, answer(1000)));
    await notes.edit("a", { n: 2 });
    const next = await begin();
    assert.equal(await notes.apply(slow, answer(2000)), undefined);
    assert.equal(await notes.refuse(slow, 1), false);
    assert.deepEqual(await notes.waiting(), ["a"]);
    assert.equal((await begin()).body.clientClock, next.body.clientClock);
  });
});

/** Scopes that synchronise at once, or fail as planned. */
class Port implements LoopPort {
  readonly synced: string[] = [];
  readonly errors: SynclineError[] = [];
  passes = 0;
  status: Status | undefined;

  constructor(readonly names: string[]) {}

  scopes(): Promise<string[]> {
    return Promise.resolve(this.names);
  }

  async sync(scope: string): Promise<void> {
    this.synced.push(scope);
    await pause(5);
    const error = this.errors.shift();
    if (error) throw error;
  }

  onStatus(status: Status): void {
    this.status = status;
  }

  onBegin(): void {}

  onPass(): void {
    this.passes++;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
