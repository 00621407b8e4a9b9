import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { MemoryStorage, type Store, type SyncAnswer } from "../src/index.js";
import { eventually } from "./eventually.js";
import { Locks } from "./locks.js";
import { Script, clock } from "./script.js";
import { openStore } from "./stores.js";

const options = { url: "http://sync.example", app: "notes", token: "", user: "ada", pollInterval: Infinity };
const accepted = { accepted: [{ key: "a", rev: clock(900) }] };

let locks: Locks;
let storage: MemoryStorage;

beforeEach(() => {
  locks = new Locks();
  storage = Object.assign(new MemoryStorage(), { sharedAs: "tabs" });
  Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
});

afterEach(() => Reflect.deleteProperty(globalThis, "navigator"));

describe("a sync in one of several tabs", () => {
  it("waits for no pass of another tab that began before", async () => {
    const [[leader, itsScript], [tab, script]] = [await leading(), await open()];
    const earlier = underWay(leader, itsScript);
    await eventually(() => itsScript.requests.length === 2, "the leader asks");
    itsScript.answers.push(() => new Promise(() => undefined));
    script.answers.push(accepted);
    const steal = blocked();
    locks.untilStolen = steal.promise;
    await tab.collection("notes").set("a", { n: 1 });
    const later = watched(tab.sync());
    earlier.answer({});
    await earlier.done;
    await pause();
    assert.equal(later.isDone, false);
    steal.end();
    await later.done;
    assert.equal(await tab.unsent(), 0);
  });

  it("is ended by the tab that takes the lead, with a pass that begins after that", async () => {
    const [[first, itsScript], [second, script]] = [await leading(), await open()];
    void underWay(first, itsScript);
    const loss = blocked();
    locks.untilLost = loss.promise;
    const earlier = underWay(second, script);
    await eventually(() => script.requests.length === 2, "the second tab leads");
    await first.collection("notes").set("a", { n: 1 });
    const later = watched(first.sync());
    const answer = blocked();
    script.answers.push(() => answer.promise.then(() => accepted));
    loss.end();
    await pause();
    earlier.answer({});
    await earlier.done;
    await pause();
    assert.equal(later.isDone, false);
    answer.end();
    await later.done;
    assert.equal(await first.unsent(), 0);
  });

  it("is ended by the next tab that leads when the one that was to end it closes", async () => {
    const [[first, itsScript], [second, script]] = [await leading(), await open()];
    const earlier = underWay(first, itsScript);
    await eventually(() => itsScript.requests.length === 2, "the first tab asks");
    void underWay(second, script).done.catch(() => undefined);
    await eventually(() => script.requests.length === 2, "the second tab leads");
    await second.close();
    await earlier.done;
  });
});

describe("an edit in a tab that hears late that it leads no longer", () => {
  it("is pushed by the one that does", async () => {
    const [[first, itsScript], [second, script]] = [await leading(), await open()];
    itsScript.answers.push(() => new Promise(() => undefined));
    const loss = blocked();
    locks.untilLost = loss.promise;
    await second.sync();
    script.answers.push(accepted);
    await first.collection("notes").set("a", { n: 1 });
    loss.end();
    await eventually(async () => (await second.unsent()) === 0, "it is pushed");
    assert.deepEqual(
      script.requests.flatMap(({ changes }) => changes.map(({ key }) => key)),
      ["a"],
    );
  });
});

describe("a sync in one of several tabs that all synchronise", () => {
  it("goes on when the request of another comes between, until what was edited is stored", async () => {
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
    const [[tab, script], [other, itsScript]] = [await leading(), await leading()];
    const answer = blocked();
    script.answers.push(() => answer.promise.then(() => accepted), accepted);
    itsScript.answers.push(() => new Promise(() => undefined));
    await tab.collection("notes").set("a", { n: 1 });
    const done = tab.sync();
    await eventually(() => script.requests.length === 1, "it asks");
    void other.sync().catch(() => undefined);
    await eventually(() => itsScript.requests.length === 1, "the other one asks");
    answer.end();
    await done;
    assert.equal(await tab.unsent(), 0);
  });
});

async function open(): Promise<[Store, Script]> {
  const script = new Script();
  const tab = await openStore({ ...options, fetch: script.fetch, storage: () => Promise.resolve(storage) });
  return [tab, script];
}

/** The tab that leads, which has nothing to do. */
async function leading(): Promise<[Store, Script]> {
  const [tab, script] = await open();
  for (const name of ["notes", "tasks"]) tab.collection(name);
  await tab.sync();
  await eventually(() => tab.status.state === "idle", "nothing is due");
  script.requests.length = 0;
  return [tab, script];
}

/** A sync that is done with the notes, and waits for the answer about the tasks. */
function underWay(tab: Store, script: Script) {
  let answer: (answer: Partial<SyncAnswer>) => void = () => undefined;
  script.answers.push({}, () => new Promise((resolve) => (answer = resolve)));
  return { done: tab.sync(), answer: (given: Partial<SyncAnswer>) => answer(given) };
}

function watched(done: Promise<void>) {
  const watched = { done, isDone: false };
  void done.then(() => (watched.isDone = true));
  return watched;
}

/** What waits for a test. */
function blocked() {
  let end: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (end = resolve));
  return { promise, end: () => end() };
}

/** Lets tabs hear of each other. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
