import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { isDeepStrictEqual } from "node:util";

import {
  type Conflict,
  type Document,
  type Fetch,
  MemoryStorage,
  type Storage,
  type Store,
  type SyncAnswer,
  type SyncRequest,
  SynclineError,
} from "../src/index.js";
import { eventually } from "./eventually.js";
import { Script, clock, stored } from "./script.js";
import { openStore } from "./stores.js";

/** Opens a store of ada, which does not poll. */
const options = { url: "http://sync.example", app: "notes", token: "", user: "ada", pollInterval: Infinity };

describe("a reset", () => {
  it("drops what the whole state lacks after one more pull, and keeps pending edits", async () => {
    const [store, script] = await synced({ a: { n: 1 }, b: { n: 1 }, c: { n: 1 } });
    const notes = store.collection("notes");
    script.answers.push(
      { reset: true, serverChanges: [stored("a", { n: 5 }, 150)], hasMore: true },
      () => notes.set("c", { n: 1, m: 2 }).then(() => ({})),
      { rejected: [{ key: "c", code: "bad_request", error: "No." }] },
    );
    await store.sync();
    assert.deepEqual(await contents(store), { a: { n: 5 }, c: { n: 1, m: 2 } });
    assert.deepEqual(
      (await notes.rejected()).map(({ key }) => key),
      ["c"],
    );
    await store.close();
  });

  it("gives a server that came back from a backup what it lost", async () => {
    const [store, script] = await synced({ kept: { n: 1 }, lost: { n: 2 } }, 150);
    const serverChanges = [stored("kept", { n: 1 }, 50)];
    script.answers.push({ reset: true, healFrom: clock(100), serverChanges }, ({ changes }) => {
      const accepted = changes.map(({ key }) => ({ key, rev: clock(500) }));
      return Promise.resolve({ accepted });
    });
    await store.sync();
    const healed = script.requests.flatMap(({ changes }) => changes);
    assert.deepEqual(
      healed.map(({ key, doc }) => [key, doc]),
      [
        ["kept", { n: 1 }],
        ["lost", { n: 2 }],
      ],
    );
    assert.deepEqual(await contents(store), { kept: { n: 1 }, lost: { n: 2 } });
    assert.equal(await store.unsent(), 0);
    await store.close();
  });
});

describe("a page size that no server takes", () => {
  it("is refused, rather than every document because of it", async () => {
    for (const pageSize of [0, 1.5, 5001, NaN, Infinity]) {
      await assert.rejects(openStore({ ...options, pageSize }), { code: "options" });
    }
    await (await openStore({ ...options, pageSize: 5000, fetch: new Script().fetch })).close();
  });
});

describe("regular pulls without a pause", () => {
  it("are refused", async () => {
    for (const pollInterval of [0, -1, NaN]) {
      await assert.rejects(openStore({ ...options, pollInterval }), { code: "options" });
    }
  });
});

describe("a page", () => {
  const pages = [
    { serverChanges: [stored("a", { n: 1 }, 150)], hasMore: true },
    { serverChanges: [stored("b", { n: 2 }, 150)] },
  ];

  it("is on its way while the one before it is kept", async () => {
    const storage = new MemoryStorage();
    const [store, script] = await synced({}, 50, storage);
    script.answers.push(...pages);
    const update = storage.update.bind(storage);
    storage.update = async (...given) => {
      const isFirstPage = script.requests.length > 0;
      if (isFirstPage) await eventually(() => script.requests.length === 2, "the second page is asked for");
      return update(...given);
    };
    await store.sync();
    const [first, second] = script.requests;
    assert.ok(second!.clientClock > first!.clientClock);
    assert.deepEqual(second!.changes, []);
    assert.deepEqual(await contents(store), { a: { n: 1 }, b: { n: 2 } });
    await store.close();
  });

  it("is not taken in if the one before it could not be kept", async () => {
    const storage = new MemoryStorage();
    const [store, script] = await synced({}, 50, storage);
    script.answers.push(...pages, ...pages);
    const update = storage.update.bind(storage);
    storage.update = async (...given) => {
      if (script.requests.length === 0) return update(...given);
      storage.update = update;
      throw new SynclineError("quota", "the disk is full");
    };
    await assert.rejects(store.sync(), { code: "quota" });
    assert.deepEqual(await contents(store), {});
    const [failed, , again] = [...script.requests, ...(await requestsOf(store, script))];
    assert.equal(again!.clientClock, failed!.clientClock);
    assert.deepEqual(await contents(store), { a: { n: 1 }, b: { n: 2 } });
    await store.close();
  });
});

describe("the progress of a pull", () => {
  const page = { serverChanges: [stored("a", { n: 1 }, 150)], hasMore: true };

  it("is complete with the last page, though a reset or an edit has the sync go on", async () => {
    const edit = (store: Store) => store.collection("notes").set("mine", { n: 1 });
    const stories = [
      { first: { ...page, reset: true }, meanwhile: () => Promise.resolve() },
      { first: page, meanwhile: edit },
    ];
    for (const { first, meanwhile } of stories) {
      const [store, script] = await synced({});
      const told = progressOf(store);
      const last = { serverChanges: [stored("b", { n: 1 }, 160)] };
      script.answers.push(first, () => meanwhile(store).then(() => last));
      await store.sync();
      assert.equal(script.requests.length, 3);
      assert.deepEqual(told, [
        [1, false],
        [2, true],
      ]);
    }
  });

  it("is complete though the last page is empty", async () => {
    const [store, script] = await synced({});
    const told = progressOf(store);
    script.answers.push(page);
    await store.sync();
    assert.deepEqual(told, [
      [1, false],
      [1, true],
    ]);
  });
});

describe("a pull that was interrupted amid its pages", () => {
  it("is followed by one of what came since it began", async () => {
    const storage = new MemoryStorage();
    const [first, interrupted] = await synced({}, 50, storage);
    interrupted.answers.push({ serverChanges: [stored("a", { n: 1 }, 150)], hasMore: true }, () =>
      Promise.reject(new Error("the network is gone")),
    );
    await assert.rejects(first.sync(), { code: "network" });
    await first.close();
    const [store, script] = await open(storage);
    script.answers.push(
      { serverChanges: [stored("b", { n: 2 }, 150)] },
      { serverChanges: [stored("new", { n: 3 }, 350)] },
    );
    store.collection("notes");
    await store.sync();
    assert.deepEqual(await contents(store), { a: { n: 1 }, b: { n: 2 }, new: { n: 3 } });
    await store.close();
  });
});

describe("a conflict", () => {
  const conflict = { key: "a", field: "n", winner: "remote", localValue: 2, remoteValue: 3 } as Conflict;

  it("is told of after a crash, if nobody heard of it before", async () => {
    const storage = new MemoryStorage();
    const [store, script] = await synced({ a: { n: 1 } }, 50, storage);
    script.answers.push({ serverChanges: [stored("a", { n: 3 }, 150)], conflicts: [conflict] });
    const update = storage.update.bind(storage);
    let updates = 0;
    // The program ends when the answer is kept, and before anything else is.
    storage.update = (...given) => (++updates > 2 ? new Promise(() => undefined) : update(...given));
    void store.sync().catch(() => undefined);
    await eventually(async () => (await contents(store))["a"]!["n"] === 3, "the answer is kept");
    storage.update = update;
    await store.close();

    const told: unknown[] = [];
    const [next] = await open(storage);
    next.on("conflict", (event) => told.push(event));
    next.collection("notes");
    await next.sync();
    await next.sync();
    assert.deepEqual(told, [{ collection: "notes", conflict }]);
    await next.close();
  });

  it("waits for a listener", async () => {
    const [store, script] = await synced({ a: { n: 1 } });
    script.answers.push({ serverChanges: [stored("a", { n: 3 }, 150)], conflicts: [conflict] });
    await store.sync();
    const told: unknown[] = [];
    store.on("conflict", (event) => told.push(event));
    store.on("conflict", () => undefined);
    await eventually(() => told.length > 0, "it is told");
    await store.sync();
    assert.deepEqual(told, [{ collection: "notes", conflict }]);
    await store.close();
  });

  it("is kept while all who listen fail", async () => {
    const thrown: unknown[] = [];
    const told: unknown[] = [];
    const queue = mock.method(globalThis, "queueMicrotask", (work: () => void) => {
      Promise.resolve()
        .then(work)
        .catch((error: unknown) => thrown.push(error));
    });
    const [store, script] = await synced({ a: { n: 1 } });
    const failure = new Error("the listener failed");
    const stop = store.on("conflict", () => {
      throw failure;
    });
    script.answers.push({ serverChanges: [stored("a", { n: 3 }, 150)], conflicts: [conflict] });
    await store.sync();
    assert.deepEqual(thrown, [failure]);
    queue.mock.restore();
    stop();
    store.on("conflict", (event) => told.push(event));
    await store.sync();
    assert.deepEqual(told, [{ collection: "notes", conflict }]);
  });

  it("is told in each tab, and kept until one of them listens", async () => {
    const storage = new MemoryStorage();
    const shared = Object.assign(storage, { sharedAs: "conflicts" });
    const [leader, script] = await synced({ a: { n: 1 } }, 50, shared);
    const tabs = await Promise.all([open(shared), open(shared)]);
    // Without Web Locks each tab synchronises: these get no answer.
    for (const [, { answers }] of tabs) answers.push(() => new Promise(() => undefined));
    await eventually(() => tabs.every(([, { requests }]) => requests.length === 1), "they ask");
    const told: unknown[] = [];
    script.answers.push({ serverChanges: [stored("a", { n: 3 }, 150)], conflicts: [conflict] });
    await leader.sync();
    assert.equal((await storage.read("notes", {})).record!.reports!.length, 1);
    for (const [tab] of tabs) tab.on("conflict", (event) => told.push(event));
    await eventually(() => told.length > 0, "the one that was kept is told");
    const another = { ...conflict, remoteValue: 4 };
    script.answers.push({ serverChanges: [stored("a", { n: 4 }, 160)], conflicts: [another] });
    await leader.sync();
    const isOfAnother = (event: unknown) =>
      isDeepStrictEqual(event, { collection: "notes", conflict: another });
    await eventually(() => told.filter(isOfAnother).length === 2, "both tell of the other one");
    const reports = async () => (await storage.read("notes", {})).record?.reports;
    await eventually(async () => (await reports()) === undefined, "nothing is kept");
    for (const store of [leader, ...tabs.map(([tab]) => tab)]) await store.close();
  });
});

describe("a rejection because of a clock", () => {
  it("is no reason not to try again with the next pass", async () => {
    const [store, script] = await synced({ a: { n: 1 } });
    const skewed = { key: "a", code: "clock_skew", error: "It is ahead.", serverTime: Date.now() + 60_000 };
    script.answers.push({ rejected: [skewed] }, { accepted: [{ key: "a", rev: clock(300) }] });
    const notes = store.collection("notes");
    await notes.set("a", { n: 2 });
    await store.sync();
    await store.sync();
    const pushes = script.requests.filter(({ changes }) => changes.length > 0);
    assert.deepEqual([pushes.length, (await notes.rejected()).length, await store.unsent()], [2, 0, 0]);
    await store.close();
  });
});

describe("a sync", () => {
  const answers = [
    [200, "resolved"],
    [503, "rejected"],
  ] as const;
  for (const [status, outcome] of answers) {
    it(`is ${outcome} though more are asked for all the time`, async () => {
      const script = new Script();
      const store = await opened(
        new MemoryStorage(),
        { token: tokenOf({ sub: "ada" }) },
        async (...given) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          return status === 200 ? script.fetch(...given) : Response.json({}, { status });
        },
      );
      store.collection("notes");
      const ends: Promise<unknown>[] = [];
      const outcomes: string[] = [];
      const ask = () => {
        const end = store.sync().then(
          () => outcomes.push("resolved"),
          () => outcomes.push("rejected"),
        );
        ends.push(end);
      };
      const asking = setInterval(ask, 5);
      await eventually(() => outcomes.length > 0, "the first is answered").finally(() =>
        clearInterval(asking),
      );
      await Promise.all(ends);
      assert.deepEqual(new Set(outcomes), new Set([outcome]));
      await store.close();
    });
  }

  it("is of everything that was edited before it", async () => {
    const [store, script] = await synced({});
    const notes = store.collection("notes");
    let next: Promise<void> | undefined;
    script.answers.push(async () => {
      await notes.set("a", { n: 1 });
      next = store.sync();
      return {};
    });
    await store.sync();
    script.answers.push({ accepted: [{ key: "a", rev: clock(900) }] });
    await next;
    assert.equal(await store.unsent(), 0);
    await store.close();
  });
});

describe("a sync while somebody edits all the time", () => {
  it("ends, and what was edited before it is stored", async () => {
    const [store, script] = await synced({ a: { n: 1 } });
    const notes = store.collection("notes");
    let isOver = false;
    let edits = 0;
    const acceptAndEdit = async ({ changes }: SyncRequest) => {
      if (isOver) return acceptanceOf(changes);
      script.answers.push(acceptAndEdit);
      await new Promise(setImmediate);
      await notes.set("b", { n: ++edits });
      return acceptanceOf(changes);
    };
    script.answers.push(acceptAndEdit);
    await notes.set("a", { n: 2 });
    await Promise.race([store.sync(), eventually(() => edits > 100, "")]).finally(() => (isOver = true));
    assert.ok(edits < 100, `${edits} edits`);
    assert.deepEqual(
      (await notes.query()).filter(({ isUnsent }) => isUnsent).map(({ key }) => key),
      ["b"],
    );
    await eventually(async () => (await store.unsent()) === 0, "what came later is pushed as well");
    await store.close();
  });
});

describe("what changes nothing", () => {
  it("sends nothing: an edit, and a collection that is asked for again", async () => {
    const [store, script] = await synced({ a: { n: 1 } });
    const notes = store.collection("notes");
    await notes.set("a", { n: 1 });
    assert.deepEqual(await notes.update("a", () => undefined), { n: 1 });
    assert.equal(await notes.delete("b"), false);
    for (const name of ["notes", "notes", "tasks"]) store.collection(name);
    await eventually(() => script.requests.length > 0, "the new collection is pulled");
    assert.equal(script.requests[0]!.collection, "tasks");
    await store.close();
  });
});

describe("a store that is closed", () => {
  it("keeps no program running, though its `fetch` hears of no signal", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const before = timers();
    let isAsked = false;
    const fetch: Fetch = () => {
      isAsked = true;
      return new Promise(() => undefined);
    };
    const store = await openStore({ ...options, fetch });
    store.collection("notes");
    await eventually(() => isAsked && store.status.state === "syncing", "a request is under way");
    await store.close();
    assert.ok(timers() <= before);
  });

  it("is so when any of several calls has returned", async () => {
    const storage = new MemoryStorage();
    const [store] = await synced({}, 50, storage);
    let isClosed = false;
    storage.close = async () => {
      await new Promise(setImmediate);
      isClosed = true;
    };
    void store.close();
    await store.close();
    assert.ok(isClosed);
  });

  it("shows nothing any more, and takes no edits", async () => {
    const [store] = await synced({ a: { n: 1 } });
    const notes = store.collection("notes");
    assert.deepEqual(await notes.get("a"), { n: 1 });
    await store.signOut();
    await assert.rejects(notes.get("a"), { code: "closed" });
    await assert.rejects(notes.query(), { code: "closed" });
    await assert.rejects(notes.set("a", { n: 2 }), { code: "closed" });
    await assert.rejects(notes.update("a", { n: 2 }), { code: "closed" });
    await assert.rejects(notes.delete("a"), { code: "closed" });
  });
});

describe("a storage of somebody else's documents", () => {
  it("is not opened before they have signed out", async () => {
    const storage = new MemoryStorage();
    const [adas] = await synced({ a: { n: 1 } }, 50, storage);
    await adas.close();
    const opened = (others: object) =>
      openStore({
        ...options,
        fetch: new Script().fetch,
        storage: () => Promise.resolve(storage),
        ...others,
      });
    for (const other of [{ user: "bob" }, { app: "todo" }, { url: "http://other.example" }]) {
      await assert.rejects(opened(other), { code: "options" });
    }
    await (await opened({ url: "http://sync.example/" })).signOut();
    const bobs = await opened({ user: "bob" });
    assert.deepEqual(await contents(bobs), {});
    await bobs.close();
  });
});

describe("a storage that two users opened before either had documents", () => {
  it("is of the one who edits first", async () => {
    const storage = new MemoryStorage();
    const [adas] = await open(storage);
    const script = new Script();
    const bobs = await opened(storage, { token: "", user: "bob" }, script.fetch);
    await adas.collection("notes").set("a", { n: 1 });
    await assert.rejects(bobs.collection("notes").set("b", { n: 1 }), { code: "options" });
    await assert.rejects(bobs.sync(), { code: "options" });
    assert.deepEqual(script.requests, []);
    assert.equal(await adas.unsent(), 1);
  });
});

describe("a storage that cannot be read", () => {
  it("is closed, so that it can be opened again", async () => {
    const storage = new MemoryStorage();
    const failure = new SynclineError("storage", "the disk does not answer");
    storage.scopes = () => Promise.reject(failure);
    const close = mock.method(storage, "close");
    await assert.rejects(open(storage), failure);
    assert.equal(close.mock.callCount(), 1);
  });
});

describe("two issuers' users of the same name", () => {
  const [own, acmes, others] = [{}, { iss: "https://id.acme.example" }, { iss: "https://id.example" }].map(
    (issuer) => tokenOf({ sub: "7", ...issuer }),
  ) as [string, string, string];

  it("do not get each other's documents", async () => {
    const storage = new MemoryStorage();
    const store = await withNotes(storage, { token: acmes });
    assert.throws(() => store.setToken(others), { code: "options" });
    await store.close();
    await assert.rejects(opened(storage, { token: others }), { code: "options" });
  });

  it("are told apart though the server prolongs a session without naming the issuer", async () => {
    const storage = new MemoryStorage();
    await (await withNotes(storage, { token: acmes })).close();
    const prolonged = await opened(storage, { token: own });
    assert.throws(() => prolonged.setToken(others), { code: "options" });
    await prolonged.collection("tasks").set("a", { n: 1 });
    await prolonged.close();
    await assert.rejects(opened(storage, { token: others }), { code: "options" });
    await (await opened(storage, { token: acmes })).close();
  });

  it("are not told apart by an issuer without a name", async () => {
    const storage = new MemoryStorage();
    await (await withNotes(storage, { token: tokenOf({ sub: "7", iss: "" }) })).close();
    await (await opened(storage, { token: acmes })).close();
  });

  it("are told apart once the first of them has opened what an earlier version kept", async () => {
    const storage = new MemoryStorage();
    await (await withNotes(storage, { token: own })).close();
    assert.equal((await storage.read("notes", {})).record!.owner, "http://sync.example/notes\n7");
    await (await opened(storage, { token: acmes })).close();
    await assert.rejects(opened(storage, { token: others }), { code: "options" });
    const again = await opened(storage, { token: acmes });
    assert.deepEqual(await contents(again), { a: { n: 1 } });
    await again.close();
  });

  it("are told apart once a later token tells the issuer", async () => {
    const storage = new MemoryStorage();
    const store = await withNotes(storage, { token: "opaque", user: "7" });
    store.setToken(acmes);
    await eventually(async () => (await issuerOf(storage, "notes")) !== undefined, "it is written down");
    await store.collection("tasks").set("a", { n: 1 });
    assert.equal(await issuerOf(storage, "tasks"), "https://id.acme.example");
    await store.close();
    await assert.rejects(opened(storage, { token: others }), { code: "options" });
    await (await opened(storage, { token: acmes })).close();
  });

  it("are told apart though a tab does not know the issuer", async () => {
    const shared = Object.assign(new MemoryStorage(), { sharedAs: "issuers" });
    const unknowing = await opened(shared, { token: "opaque", user: "7" });
    const knowing = await withNotes(shared, { token: acmes });
    await unknowing.collection("notes").set("b", { n: 2 });
    assert.equal(await issuerOf(shared, "notes"), "https://id.acme.example");
    for (const tab of [unknowing, knowing]) await tab.close();
  });

  it("open what an earlier version kept though there is no room to tell whose it is", async () => {
    const storage = new MemoryStorage();
    await (await withNotes(storage, { token: own })).close();
    storage.update = () => Promise.reject(new SynclineError("quota", "the disk is full"));
    const store = await opened(storage, { token: acmes });
    assert.deepEqual(await contents(store), { a: { n: 1 } });
    await store.close();
  });
});

describe("a first token", () => {
  it("is the user's that the application names", async () => {
    const token = tokenOf({ sub: "ada" });
    await assert.rejects(opened(new MemoryStorage(), { token, user: "bob" }), { code: "options" });
    await (await opened(new MemoryStorage(), { token, user: "ada" })).close();
  });

  it("may be of an issuer that the server knows by a name", async () => {
    const token = tokenOf({ iss: "https://id.acme.example", sub: "auth0|7" });
    const store = await opened(new MemoryStorage(), { token, user: "acme|auth0|7" });
    assert.equal(store.user, "acme|auth0|7");
    await store.close();
    for (const user of ["acme|7", "7"]) {
      await assert.rejects(opened(new MemoryStorage(), { token, user }), { code: "options" });
    }
  });
});

describe("tokens that two tabs take at the same moment", () => {
  it("are told once in each", async () => {
    const shared = Object.assign(new MemoryStorage(), { sharedAs: "tokens" });
    const tabs = await Promise.all([open(shared), open(shared)]);
    const told: string[][] = [];
    for (const [tab] of tabs) {
      const heard: string[] = [];
      told.push(heard);
      tab.on("token", (token) => heard.push(token));
    }
    for (const [number, [tab]] of tabs.entries()) tab.setToken(`token ${number}`);
    await eventually(() => told.every(({ length }) => length > 1), "each hears of the other's");
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const [tab] of tabs) await tab.close();
    assert.deepEqual(told, [
      ["token 0", "token 1"],
      ["token 1", "token 0"],
    ]);
  });
});

describe("a new sign-in", () => {
  it("has the tab that leads go on at once, whichever tab it was in", async () => {
    const shared = Object.assign(new MemoryStorage(), { sharedAs: "signed in" });
    const [[leader, script], [other]] = [await open(shared), await open(shared)];
    leader.collection("notes");
    await leader.sync();
    const { length } = script.requests;
    other.setToken("new");
    await eventually(() => script.requests.length > length, "the leader goes on");
    for (const tab of [leader, other]) await tab.close();
  });
});

describe("a token that is set while `getToken` is being asked", () => {
  it("has it asked no more often, if `getToken` sets it itself", async () => {
    let tokens = 0;
    const store: Store = await openStore({
      ...options,
      getToken: () => {
        store.setToken(`token ${++tokens}`);
        return `token ${tokens}`;
      },
      fetch: () => Promise.resolve(Response.json({}, { status: 401 })),
    });
    store.collection("notes");
    await new Promise((resolve) => setTimeout(resolve, 200));
    await store.close();
    assert.ok(tokens > 0 && tokens < 10, `${tokens} tokens`);
  });

  it("has what waits go on", async () => {
    let isAsked = false;
    let isBusy = true;
    const server = new Script();
    const store = await openStore({
      ...options,
      getToken: () => {
        isAsked = true;
        return new Promise(() => undefined);
      },
      fetch: (url, init) => {
        if (!url.endsWith("/sync")) return Promise.resolve(Response.json({}, { status: 401 }));
        if (!isBusy) return server.fetch(url, init);
        const headers = { "Retry-After": "600" };
        return Promise.resolve(Response.json({}, { status: 503, headers }));
      },
    });
    store.collection("notes");
    await eventually(() => isAsked && store.status.state === "waiting", "the stream asks, the loop waits");
    isBusy = false;
    store.setToken("new");
    await eventually(() => store.status.state === "idle", "the loop goes on");
  });

  it("is used though `getToken` fails after that", async () => {
    const server = new Script();
    const store: Store = await openStore({
      ...options,
      getToken: () => {
        store.setToken("new");
        throw new Error("the window was closed");
      },
      fetch: (url, init) => {
        const { Authorization } = init.headers as Record<string, string>;
        if (Authorization === "Bearer new") return server.fetch(url, init);
        return Promise.resolve(Response.json({}, { status: 401 }));
      },
    });
    store.collection("notes");
    await store.sync();
    await store.close();
  });
});

describe("tabs that lead both", () => {
  it("do not take each other's passes for what they wait for", async () => {
    const shared = Object.assign(new MemoryStorage(), { sharedAs: "passes" });
    const [[tab, script], [other]] = [await open(shared), await open(shared)];
    let answer: (() => void) | undefined;
    script.answers.push(() => new Promise((resolve) => (answer = () => resolve({}))));
    let isDone = false;
    tab.collection("notes");
    const done = tab.sync().then(() => (isDone = true));
    await eventually(() => answer !== undefined, "it asks");
    await other.sync();
    other.setToken("after the pass");
    await new Promise((resolve) => tab.on("token", resolve));
    assert.equal(isDone, false);
    answer!();
    await done;
    for (const store of [tab, other]) await store.close();
  });

  it("do not chase each other with tokens that are refused", async () => {
    const shared = Object.assign(new MemoryStorage(), { sharedAs: "refused" });
    let tokens = 0;
    const ofBoth = {
      ...options,
      getToken: () => `token ${++tokens}`,
      fetch: () => Promise.resolve(Response.json({}, { status: 401 })),
      storage: () => Promise.resolve(shared),
    };
    const tabs = [await openStore(ofBoth), await openStore(ofBoth)];
    for (const tab of tabs) tab.collection("notes");
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const tab of tabs) await tab.close();
    assert.ok(tokens < 10, `${tokens} tokens`);
  });
});

describe("what others share", () => {
  it("stands beside one's own documents, and leaves when it is no longer shared", async () => {
    const [store, script] = await synced({ a: { n: 1 } });
    const notes = store.collection("notes");
    const theirs = { key: "a", owner: "grace" };
    script.answers.push({
      serverChanges: [{ ...stored("a", { n: 2 }, 150), _owner: "grace", _access: "write" }],
    });
    await store.sync();
    assert.deepEqual([await notes.get("a"), await notes.get(theirs)], [{ n: 1 }, { n: 2 }]);
    const [, found] = await notes.query();
    assert.deepEqual([found!.owner, found!.access], ["grace", "write"]);
    script.answers.push({ serverChanges: [{ _key: "a", _owner: "grace", _removed: true }] });
    await store.sync();
    assert.deepEqual([await notes.get("a"), await notes.get(theirs)], [{ n: 1 }, undefined]);
    await store.close();
  });

  it("is none of the user's own, who may be named as the owner", async () => {
    const [store, script] = await synced({});
    const notes = store.collection("notes");
    const own = { key: "a", owner: "ada" };
    script.answers.push(({ changes }) =>
      Promise.resolve({ accepted: changes.map(({ key }) => ({ key, rev: clock(250) })) }),
    );
    await notes.set(own, { n: 1 });
    await store.sync();
    assert.deepEqual([await notes.get(own), await notes.get("a")], [{ n: 1 }, { n: 1 }]);
    assert.deepEqual(Object.keys(await notes.revisions(own)), ["n"]);
    assert.equal(await notes.delete(own), true);
    await store.close();
  });
});

describe("a query for the value of a field", () => {
  it("finds lists and objects as well", async () => {
    const [store] = await synced({ a: { tags: ["x"], at: { y: 1 } }, b: { tags: ["x", "y"] }, c: { n: 1 } });
    const notes = store.collection<Document>("notes");
    const found = async (where: object) => (await notes.query({ where })).map(({ key }) => key).join();
    assert.deepEqual(
      await Promise.all([{ tags: ["x"] }, { at: { y: 1 } }, { tags: undefined }, { n: 1 }].map(found)),
      ["a", "a", "c", "c"],
    );
  });
});

describe("organisations", () => {
  it("have documents of their own, which can be forgotten", async () => {
    const [store, script] = await synced({ a: { n: 1 } });
    const theirs = store.collection("notes", { org: "acme" });
    await theirs.set("a", { n: 2 });
    script.answers.push({}, { accepted: [{ key: "a", rev: clock(250) }] });
    await store.sync();
    assert.deepEqual([await store.collection("notes").get("a"), await theirs.get("a")], [{ n: 1 }, { n: 2 }]);
    assert.deepEqual(script.orgs.slice(-2), [undefined, "acme"]);
    await theirs.set("b", { n: 3 });
    await assert.rejects(store.forgetOrg("acme"), {
      code: "unsent",
      details: [{ key: "b", field: "", message: "has edits that the server has not stored" }],
    });
    await store.forgetOrg("acme", { discardUnsent: true });
    assert.deepEqual([await store.collection("notes").get("a"), await theirs.query()], [{ n: 1 }, []]);
    await store.close();
  });

  it("that the user left do not stop the others", async () => {
    const [store, script] = await synced({});
    const left = store.collection("notes", { org: "left" });
    await left.set("a", { n: 1 });
    script.refusedOrg = "left";
    script.answers.push({ serverChanges: [stored("b", { n: 1 }, 150)] });
    await assert.rejects(store.sync(), { code: "refused", status: 403 });
    assert.deepEqual(await contents(store), { b: { n: 1 } });
    assert.deepEqual(await left.get("a"), { n: 1 });
    await store.close();
  });
});

describe("an organisation that is forgotten", () => {
  it("stays so, whoever looks at it and whatever comes late", async () => {
    const storage = new MemoryStorage();
    const [store, script] = await synced({}, 50, storage);
    const theirs = store.collection("notes", { org: "acme" });
    const late: Partial<SyncAnswer>[] = [
      { serverChanges: [stored("a", { n: 2 }, 150)], hasMore: true },
      { serverChanges: [stored("b", { n: 2 }, 150)] },
    ];
    let answer: (answer: Partial<SyncAnswer>) => void = () => undefined;
    script.answers.push({}, () => new Promise((resolve) => (answer = resolve)), ...late.slice(1));
    const syncing = store.sync();
    await eventually(() => script.orgs.at(-1) === "acme", "the request is under way");
    const seen: number[] = [];
    theirs.subscribe({}, (found) => seen.push(found.length));
    await store.forgetOrg("acme");
    answer(late[0]!);
    await syncing;
    script.refusedOrg = "acme";
    assert.equal(await theirs.get("a"), undefined);
    assert.equal(await theirs.delete("a"), false);
    assert.equal(await theirs.update("a", { n: 3 }), undefined);
    assert.deepEqual([(await theirs.rejected()).length, (await theirs.clocks()).serverClock], [0, undefined]);
    await store.sync();
    assert.deepEqual(await storage.scopes(), ["notes"]);
    assert.deepEqual(seen, [0]);
    await store.close();
  });

  it("shows nothing that came while that was done, in any tab", async () => {
    const storage = Object.assign(new MemoryStorage(), { sharedAs: "forgotten" });
    const [store, script] = await synced({}, 50, storage);
    const [other] = await open(storage);
    const collections = [store, other].map((tab) => tab.collection("notes", { org: "acme" }));
    const shown = () => Promise.all(collections.map(async (notes) => (await notes.query()).length));
    for (const tab of [store, other]) await tab.sync();
    assert.deepEqual(await shown(), [0, 0]);
    const drop = storage.drop.bind(storage);
    storage.drop = async (...given) => {
      script.answers.push({}, { serverChanges: [stored("late", { n: 1 }, 150)] });
      await store.sync();
      await eventually(async () => isDeepStrictEqual(await shown(), [1, 1]), "both show it");
      return drop(...given);
    };
    await store.forgetOrg("acme");
    await eventually(async () => isDeepStrictEqual(await shown(), [0, 0]), "neither shows it");
  });

  it("comes back when the application asks for it again", async () => {
    const storage = new MemoryStorage();
    const [store, script] = await synced({}, 50, storage);
    store.collection("notes", { org: "acme" });
    await store.sync();
    await store.forgetOrg("acme");
    const theirs = store.collection("notes", { org: "acme" });
    script.answers.push({}, { serverChanges: [stored("a", { n: 2 }, 150)] });
    await store.sync();
    assert.deepEqual(await theirs.get("a"), { n: 2 });
    await store.close();
  });
});

describe("an edit that comes between", () => {
  it("is not lost when an organisation is forgotten", async () => {
    const storage = new MemoryStorage();
    const [store] = await synced({}, 50, storage);
    const theirs = store.collection("notes", { org: "acme" });
    await store.sync();
    const drop = storage.drop.bind(storage);
    storage.drop = async (...given) => {
      await theirs.set("a", { n: 1 });
      return drop(...given);
    };
    await assert.rejects(store.forgetOrg("acme"), { code: "unsent" });
    assert.deepEqual(await theirs.get("a"), { n: 1 });
    await store.close();
  });

  it("is not lost when the user signs out", async () => {
    const storage = new MemoryStorage();
    const [store] = await synced({}, 50, storage);
    const wipe = storage.wipe.bind(storage);
    storage.wipe = async (...given) => {
      await store.collection("notes").set("a", { n: 1 });
      return wipe(...given);
    };
    await assert.rejects(store.signOut(), { code: "unsent" });
    assert.deepEqual(await contents(store), { a: { n: 1 } });
    storage.wipe = wipe;
    await store.sync();
    await store.signOut({ discardUnsent: true });
    assert.deepEqual(await storage.scopes(), []);
  });
});

function acceptanceOf(changes: SyncRequest["changes"]): Partial<SyncAnswer> {
  return { accepted: changes.map(({ key }) => ({ key, rev: clock(100_000) })) };
}

async function open(storage: Storage): Promise<[Store, Script]> {
  const script = new Script();
  return [
    await openStore({ ...options, fetch: script.fetch, storage: () => Promise.resolve(storage) }),
    script,
  ];
}

/** A store of whoever a token is of. */
function opened(
  storage: Storage,
  session: { token: string; user?: string },
  fetch = new Script().fetch,
): Promise<Store> {
  const { user, ...others } = options;
  return openStore({ ...others, fetch, storage: () => Promise.resolve(storage), ...session });
}

/** As `opened`, with a document. */
async function withNotes(storage: Storage, session: { token: string; user?: string }): Promise<Store> {
  const store = await opened(storage, session);
  await store.collection("notes").set("a", { n: 1 });
  return store;
}

/** The issuer whose user's the documents of a collection are, if that is told. */
async function issuerOf(storage: Storage, collection: string): Promise<string | undefined> {
  return (await storage.read(collection, {})).record?.owner?.split("\n")[2];
}

function tokenOf(claims: object): string {
  return ["", JSON.stringify(claims), ""].map((part) => Buffer.from(part).toString("base64url")).join(".");
}

/** A store that has these documents from its server, and nothing planned. */
async function synced(
  documents: Record<string, Document>,
  millis = 50,
  storage: Storage = new MemoryStorage(),
): Promise<[Store, Script]> {
  const [store, script] = await open(storage);
  script.answers.push({
    serverChanges: Object.entries(documents).map(([key, doc]) => stored(key, doc, millis)),
  });
  store.collection("notes");
  await store.sync();
  script.requests.length = 0;
  return [store, script];
}

/** What is told of it from now on. */
function progressOf(store: Store): [received: number, isComplete: boolean][] {
  const told: [number, boolean][] = [];
  store.on("progress", ({ received, isComplete }) => told.push([received, isComplete]));
  return told;
}

/** What a sync sends. */
async function requestsOf(store: Store, script: Script): Promise<SyncRequest[]> {
  const { length } = script.requests;
  await store.sync();
  return script.requests.slice(length);
}

async function contents(store: Store): Promise<Record<string, Document>> {
  const found = await store.collection("notes").query();
  return Object.fromEntries(found.map(({ key, doc }) => [key, doc]));
}
