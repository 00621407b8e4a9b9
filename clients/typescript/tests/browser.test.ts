import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import type { BrowserContext, Page } from "playwright-core";

import { type PageOptions, TestBrowser } from "./browser.js";
import { eventually } from "./eventually.js";
import { TestServer } from "./server.js";

let server: TestServer;
let browser: TestBrowser;
let users = 0;

before(async () => {
  [server, browser] = await Promise.all([TestServer.start(), TestBrowser.start()]);
});

after(async () => {
  await Promise.all([server.remove(), browser.stop()]);
});

describe("a tab", () => {
  it("works offline, over a reload, and pushes when the network is back", async () => {
    const [profile, options] = await device();
    const page = await browser.tab(profile, options);
    await set(page, "a", { n: 1 });
    await profile.setOffline(true);
    await set(page, "b", { n: 2 });
    await browser.load(page, options);
    assert.deepEqual(await keys(page), ["a", "b"]);
    await page.evaluate(() => store.collection("notes").update("b", { n: 3 }));
    assert.ok((await unsent(page)) > 0);
    await profile.setOffline(false);
    await eventually(async () => (await unsent(page)) === 0, "the edits are pushed");

    const [other] = await device();
    const laptop = await browser.tab(other, options);
    await eventually(async () => (await keys(laptop)).join() === "a,b", "they arrive");
    assert.deepEqual(await laptop.evaluate(() => store.collection("notes").get("b")), { n: 3 });
    await Promise.all([profile.close(), other.close()]);
  });

  it("pulls when the network is back, and when the user looks at it again", async () => {
    const [profile, options] = await device({ pollInterval: 1e9 });
    await profile.route(`${server.url}/notes/events`, (route) => route.fulfill({ status: 404 }));
    const page = await browser.tab(profile, options);
    await push(page, { a: { n: 1 } });
    const [other] = await device();
    const laptop = await browser.tab(other, options);
    await profile.setOffline(true);
    await push(laptop, { b: { n: 2 } });
    await profile.setOffline(false);
    await eventually(async () => (await keys(page)).join() === "a,b", "the network is back");
    await push(laptop, { c: { n: 3 } });
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await eventually(async () => (await keys(page)).join() === "a,b,c", "the user looks at it");
    await Promise.all([profile.close(), other.close()]);
  });

  it("can be killed in the middle of a sync", async () => {
    const [profile, options] = await device({ pollInterval: Infinity });
    const page = await browser.tab(profile, options);
    await set(page, "a", { text: "one\n" });
    await eventually(async () => (await unsent(page)) === 0, "it is pushed");
    const arrived = new Promise<void>((resolve) => {
      // The server takes the push in, and the answer never comes.
      void profile.route(`${server.url}/**`, async (route) => {
        await route.fetch();
        resolve();
      });
    });
    await page.evaluate(() => store.collection("notes").update("a", { text: "one\ntwo\n" }));
    await arrived;
    await page.evaluate(() => store.collection("notes").update("a", { text: "one\ntwo\nthree\n" }));
    await page.close();
    await profile.unroute(`${server.url}/**`);
    const next = await browser.tab(profile, options);
    await next.evaluate(() => store.collection("notes") && store.sync());
    assert.equal(await unsent(next), 0);
    assert.deepEqual(await next.evaluate(() => store.collection("notes").get("a")), {
      text: "one\ntwo\nthree\n",
    });
    await profile.close();
  });
});

describe("a page that the user leaves, and comes back to", () => {
  it("goes on where it was, and has what is new", async () => {
    const [profile, options] = await device({ pollInterval: 1e9 });
    const page = await browser.tab(profile, options);
    await push(page, { a: { n: 1 } });
    const asked = new Promise<void>((resolve) => {
      // The connection does not outlive the time that the page is away: no answer comes.
      void profile.route(`${server.url}/notes/sync`, () => resolve());
    });
    await set(page, "b", { n: 2 });
    await page.evaluate(() => void store.sync().then(() => (globalThis.isSynced = true)));
    await asked;
    await page.goto(`${browser.origin}/another`);
    await profile.unroute(`${server.url}/notes/sync`);
    const [other] = await device();
    const laptop = await browser.tab(other, { ...options, pollInterval: 200 });
    await push(laptop, { c: { n: 3 } });
    await page.goBack({ waitUntil: "commit" });
    await eventually(
      () => page.evaluate(() => globalThis.isSynced === true),
      "the sync that was under way ends",
    );
    assert.deepEqual(await keys(page), ["a", "b", "c"]);
    await push(laptop, { d: { n: 4 } });
    await eventually(async () => (await keys(page)).join() === "a,b,c,d", "it is told of what is new");
    await Promise.all([profile.close(), other.close()]);
  });
});

describe("edits that are made while an answer comes", () => {
  it("stay, on top of what the answer brings", async () => {
    const [profile, options] = await device({ pollInterval: 1e9 });
    const merged = { a: { n: 2, m: 2 }, b: { n: 2, m: 2 }, c: { n: 2 } };
    const page = await browser.tab(profile, options);
    await push(page, { a: { n: 1, m: 1 }, b: { n: 1, m: 1 }, c: { n: 1 } });
    const [other] = await device();
    const laptop = await browser.tab(other, options);
    await laptop.evaluate(() => store.collection("notes") && store.sync());
    await push(laptop, { a: { n: 2, m: 1 }, b: { n: 2, m: 1 }, c: { n: 2 } });
    await profile.route(`${server.url}/notes/sync`, async (route) => {
      const response = await route.fetch();
      await page.evaluate(async () => {
        for (const key of ["a", "b"]) await store.collection("notes").update(key, { m: 2 });
      });
      await profile.unroute(`${server.url}/notes/sync`);
      await route.fulfill({ response });
    });
    await page.evaluate(() => store.sync());
    assert.deepEqual(await contents(page), merged);
    await browser.load(page, options);
    assert.deepEqual(await contents(page), merged);
    await laptop.evaluate(() => store.sync());
    assert.deepEqual(await contents(laptop), merged);
    await Promise.all([profile.close(), other.close()]);
  });
});

describe("two tabs", () => {
  it("share one database and one sync loop", async () => {
    const [profile, options] = await device();
    const first = await browser.tab(profile, options);
    await set(first, "a", { n: 1 });
    const second = await browser.tab(profile, options);
    assert.deepEqual(await keys(second), ["a"]);
    await first.evaluate(() => {
      store
        .collection("notes")
        .subscribe({}, (found) => (document.title = found.map(({ key }) => key).join()));
    });
    await eventually(() => isQuiet(first), "the first tab leaves the loop to the second");
    const requests = countRequests(first, second);
    await set(first, "b", { n: 2 });
    await set(second, "c", { n: 3 });
    await eventually(async () => (await unsent(second)) === 0, "the second tab pushes both");
    await eventually(async () => (await first.title()) === "a,b,c", "the first tab hears of it");
    await first.evaluate(() => new Promise((resolve) => setTimeout(resolve, 700)));
    assert.deepEqual([requests.get(first), requests.get(second)! > 2], [0, true]);

    await second.close();
    await set(first, "d", { n: 4 });
    await eventually(async () => (await unsent(first)) === 0, "the first tab takes the loop over");
    await profile.close();
  });

  it("synchronise on demand, whichever leads", async () => {
    const [profile, options] = await device({ pollInterval: Infinity });
    const [first, second] = [await browser.tab(profile, options), await browser.tab(profile, options)];
    await set(first, "a", { n: 1 });
    await Promise.all([first, second].map((page) => page.evaluate(() => store.sync())));
    await first.evaluate(() => store.sync());
    assert.equal(await unsent(first), 0);
    await profile.close();
  });

  it("both know how synchronising goes", async () => {
    const [profile, options] = await device();
    const [first, second] = [await browser.tab(profile, options), await browser.tab(profile, options)];
    await set(first, "a", { n: 1 });
    await profile.setOffline(true);
    for (const page of [first, second]) {
      const code = () => page.evaluate(() => store.status.error?.code);
      await eventually(async () => (await code()) === "network", "the tab knows that the network is gone");
    }
    assert.equal(
      await first.evaluate(() => store.sync().catch(({ code }: { code: string }) => code)),
      "network",
    );
    await profile.close();
  });

  for (const locks of ["with Web Locks", "without Web Locks"]) {
    it(`edit the same document at once, and lose nothing, ${locks}`, async () => {
      const [profile, options] = await device();
      if (locks === "without Web Locks") await profile.addInitScript(hideLocks);
      const tabs = [await browser.tab(profile, options), await browser.tab(profile, options)];
      await set(tabs[0]!, "a", { n: 0 });
      await Promise.all(
        tabs.map((page) =>
          page.evaluate(async () => {
            const notes = store.collection<{ n: number }>("notes");
            for (let count = 0; count < 25; count++) await notes.update("a", ({ n }) => ({ n: n + 1 }));
          }),
        ),
      );
      await tabs[0]!.evaluate(() => store.sync());
      await eventually(async () => (await unsent(tabs[0]!)) === 0, "all is pushed");
      for (const page of tabs) {
        assert.deepEqual(await page.evaluate(() => store.collection("notes").get("a")), { n: 50 });
      }
      await profile.close();
    });
  }

  it("sign out together, and leave nothing behind", async () => {
    const [profile, options] = await device();
    const [first, second] = [await browser.tab(profile, options), await browser.tab(profile, options)];
    await set(first, "a", { n: 1 });
    await eventually(async () => (await unsent(first)) === 0, "it is pushed");
    await second.evaluate(() => void store.on("signedOut", () => (document.title = "signed out")));
    await first.evaluate(() => store.signOut());
    await eventually(async () => (await second.title()) === "signed out", "the other tab hears of it");
    const databases = () => first.evaluate(async () => (await indexedDB.databases()).length);
    await eventually(async () => (await databases()) === 0, "the database is gone");
    await profile.close();
  });
});

describe("a tab that hears late that the user has signed out in another", () => {
  it("does not bring the database back", async () => {
    const [profile, options] = await device();
    await profile.addInitScript(hearLate);
    const [first, second] = [await browser.tab(profile, options), await browser.tab(profile, options)];
    const editing = second.evaluate(async () => {
      try {
        for (let n = 0; ; n++) await store.collection("notes").set("a", { n });
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    await first.evaluate(() => store.signOut({ discardUnsent: true }));
    assert.equal(await editing, "closed");
    const databases = () => first.evaluate(async () => (await indexedDB.databases()).length);
    await eventually(async () => (await databases()) === 0, "the database is gone");
    await profile.close();
  });
});

describe("an edit that comes while everything is forgotten", () => {
  it("fails, or is a reason not to forget", async () => {
    const [profile, options] = await device();
    const page = await browser.tab(profile, options);
    const outcomes = await page.evaluate(async (given) => {
      const offline = () => Promise.reject(new TypeError("offline"));
      const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
      const done = (work: Promise<unknown>) => work.then(String.bind(null, "done")).catch(({ code }) => code);
      const outcomes: string[] = [];
      for (let round = 0; round < 24; round++) {
        const storage = syncline.indexedDbStorage(`forgotten-${round}`);
        const opened = await syncline.openStore({ ...given, fetch: offline, storage });
        const notes = opened.collection("notes");
        await notes.query();
        const forgotten = done(pause(4).then(() => opened.signOut()));
        const edited = done(pause(round / 3).then(() => notes.set("a", { n: 1 })));
        outcomes.push(`${await edited}, ${await forgotten}`);
        await opened.close();
      }
      return outcomes;
    }, options);
    for (const outcome of outcomes) assert.match(outcome, /^(done, unsent|closed, done)$/);
    await profile.close();
  });
});

describe("two stores of one user in one page", () => {
  it("know nothing of each other when each has a database of its own", async () => {
    const [profile, options] = await device();
    const page = await browser.tab(profile, options);
    const found = await page.evaluate(async (given) => {
      const offline = () => Promise.reject(new TypeError("offline"));
      const open = (name: string) =>
        syncline.openStore({ ...given, fetch: offline, storage: syncline.indexedDbStorage(name) });
      const [left, right] = [await open("left"), await open("right")];
      await left.collection("notes").set("a", { n: 1 });
      return [await left.collection("notes").query(), await right.collection("notes").query()].map(
        ({ length }) => length,
      );
    }, options);
    assert.deepEqual(found, [1, 0]);
    await profile.close();
  });
});

describe("the browser's storage", () => {
  it("may lose its connection, and with it nothing", async () => {
    const [profile, options] = await device();
    await profile.addInitScript(keepConnections);
    const page = await browser.tab(profile, options);
    await set(page, "a", { n: 1 });
    await page.evaluate(() => closeConnections());
    await set(page, "b", { n: 2 });
    const edits = page.evaluate(async () => {
      for (let n = 0; n < 50; n++) await store.collection("notes").set(`c${n}`, { n });
    });
    for (let times = 0; times < 5; times++) await page.evaluate(() => closeConnections());
    await edits;
    await browser.load(page, options);
    assert.equal((await keys(page)).length, 52);
    await eventually(async () => (await unsent(page)) === 0, "all is pushed");
    await profile.close();
  });

  it("may refuse to open again, and is tried again with the next edit", async () => {
    const [profile, options] = await device();
    await profile.addInitScript(keepConnections);
    const page = await browser.tab(profile, options);
    await page.evaluate(() => {
      const { open } = IDBFactory.prototype;
      IDBFactory.prototype.open = () => {
        IDBFactory.prototype.open = open;
        const error = new DOMException("the disk is full", "QuotaExceededError");
        const request = { error } as unknown as IDBOpenDBRequest;
        setTimeout(() => request.onerror!(new Event("error")));
        return request;
      };
      closeConnections();
    });
    // The sync loop may have met with it before.
    await set(page, "a", { n: 1 }).catch(() => undefined);
    await set(page, "b", { n: 2 });
    assert.ok((await keys(page)).includes("b"));
    await profile.close();
  });

  it("may be cleared by the user, and is filled again", async () => {
    const [profile, options] = await device();
    const page = await browser.tab(profile, options);
    await set(page, "a", { n: 1 });
    await eventually(async () => (await unsent(page)) === 0, "it is pushed");
    const devtools = await profile.newCDPSession(page);
    await devtools.send("Storage.clearDataForOrigin", { origin: browser.origin, storageTypes: "indexeddb" });
    await browser.load(page, options);
    await page.evaluate(() => store.collection("notes") && store.sync());
    assert.deepEqual(await keys(page), ["a"]);
    await profile.close();
  });

  it("may be full: the edit fails with a clear error, and what was there stays", async () => {
    const [profile, options] = await device();
    const page = await profile.newPage();
    const devtools = await profile.newCDPSession(page);
    const { origin } = browser;
    // The browser asks for the quota now and then only, so it must be small from the beginning.
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 200_000 });
    await browser.load(page, options);
    await set(page, "a", { n: 1 });
    const code = await page.evaluate(async () => {
      try {
        await store.collection("notes").set("b", { text: "x".repeat(1_000_000) });
        return "stored";
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    assert.equal(code, "quota");
    assert.deepEqual(await keys(page), ["a"]);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin });
    await set(page, "b", { n: 2 });
    await page.evaluate(() => store.sync());
    assert.deepEqual([await keys(page), await unsent(page)], [["a", "b"], 0]);
    await profile.close();
  });

  it("may be forbidden: opening fails with a clear error", async () => {
    const [profile, options] = await device();
    const page = await profile.newPage();
    await page.goto(browser.origin);
    const frame = `<script type="module">
      import "${browser.origin}/page.js";
      const given = ${JSON.stringify(options)};
      syncline.openStore(given).catch((error) => parent.postMessage(error.code, "*"));
    </script>`;
    const code = await page.evaluate((srcdoc) => {
      const element = document.createElement("iframe");
      element.setAttribute("sandbox", "allow-scripts");
      element.srcdoc = srcdoc;
      document.body.append(element);
      return new Promise((resolve) => addEventListener("message", ({ data }) => resolve(data as string)));
    }, frame);
    assert.equal(code, "blocked");
    await profile.close();
  });
});

declare global {
  var closeConnections: () => void;
  /** Whether a sync has ended that began before the user left. */
  var isSynced: boolean | undefined;
}

/** Keeps every connection to a database, so that a test can end it as the browser would. */
function keepConnections(): void {
  const connections: IDBDatabase[] = [];
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (name, version) {
    const request = open.call(this, name, version);
    request.addEventListener("success", () => connections.push(request.result));
    return request;
  };
  globalThis.closeConnections = () => {
    for (const connection of connections.splice(0)) connection.close();
  };
}

/** Tabs hear of each other half a second later. */
function hearLate(): void {
  Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
    set(this: BroadcastChannel, listener: (event: MessageEvent) => void) {
      this.addEventListener("message", (event) => setTimeout(() => listener(event), 500));
    },
  });
}

/** As on a page without HTTPS. */
function hideLocks(): void {
  Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined });
}

async function device(more: Partial<PageOptions> = {}): Promise<[BrowserContext, PageOptions]> {
  const options = {
    url: server.url,
    app: "notes",
    token: server.token(`browser-${++users}`),
    pollInterval: 200,
    ...more,
  };
  return [await browser.profile(), options];
}

async function set(page: Page, key: string, doc: object): Promise<void> {
  await page.evaluate(([name, value]) => store.collection("notes").set(name, value as never), [
    key,
    doc,
  ] as const);
}

/** Stores documents on the device and on the server. */
async function push(page: Page, documents: Readonly<Record<string, object>>): Promise<void> {
  for (const [key, doc] of Object.entries(documents)) await set(page, key, doc);
  await page.evaluate(() => store.sync());
}

function contents(page: Page): Promise<Record<string, object>> {
  return page.evaluate(async () => {
    const found = await store.collection("notes").query();
    return Object.fromEntries(found.map(({ key, doc }) => [key, doc]));
  });
}

function keys(page: Page): Promise<string[]> {
  return page.evaluate(async () => (await store.collection("notes").query()).map(({ key }) => key));
}

function unsent(page: Page): Promise<number> {
  return page.evaluate(() => store.unsent());
}

function countRequests(...pages: Page[]): Map<Page, number> {
  const counts = new Map(pages.map((page) => [page, 0]));
  for (const page of pages) page.on("request", () => counts.set(page, counts.get(page)! + 1));
  return counts;
}

/** Whether the tab sends nothing for a while. */
async function isQuiet(page: Page): Promise<boolean> {
  const requests = countRequests(page);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  return requests.get(page) === 0;
}
