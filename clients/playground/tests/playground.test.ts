import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import { violations } from "../../typescript/tests/accessibility.js";
import { launch } from "../../typescript/tests/chromium.js";
import { eventually } from "../../typescript/tests/eventually.js";
import { SAMPLE, TestServer } from "../../typescript/tests/server.js";
import { fill } from "./full.js";
import { isKept } from "./kept.js";
import { sleep } from "./sleep.js";
import { Playground, type ProfileOptions, profileOf } from "./visit.js";

let server: TestServer;
let browser: Browser;
let people = 0;

before(async () => {
  [server, browser] = await Promise.all([TestServer.start(SAMPLE), launch()]);
});

after(async () => {
  await browser.close();
  await server.remove();
});

describe("the tour", () => {
  it("shows merging, conflicts with both values, and sharing", async () => {
    const [profile, playground] = await visit();
    const { phone, laptop } = playground;
    await playground.show("Write");
    await laptop.shows("Plan the lake trip");

    await playground.show("Lose the network");
    await phone.says("Offline, 1 change waits");
    assert.equal(await phone.notes.inputValue(), "Tent\nStove\nTorch\n");
    assert.equal(await laptop.notes.inputValue(), "Map\nTent\nStove\n");

    await playground.show("Come back");
    for (const device of [phone, laptop]) {
      await device.says("Up to date");
      assert.equal(await device.notes.inputValue(), "Map\nTent\nStove\nTorch\n");
      assert.equal(await device.region.getByLabel("Priority").inputValue(), "high");
    }

    await playground.show("Disagree");
    const conflict = laptop.region.getByRole("article").filter({ hasText: "Both changed title" });
    assert.match((await conflict.textContent())!, /Stays.*July.*Was also written.*June/);
    await conflict.getByRole("button", { name: "Take the other" }).click();
    for (const device of [phone, laptop]) await device.shows("Plan the lake trip in June");

    await playground.show("Share");
    const tablet = playground.device("Grace’s tablet");
    await tablet.shows("Plan the lake trip in June");
    await tablet.region.getByLabel("done").check();
    await eventually(() => phone.region.getByLabel("done").isChecked(), "Grace's edit arrives");
    await profile.close();
  });
});

describe("a conflict", () => {
  it("stays until the other value is taken", async () => {
    const [profile, playground] = await visit();
    const { page, phone, laptop } = playground;
    await playground.show("Disagree");
    await laptop.shows("Plan the lake trip in July");
    const conflict = laptop.region.getByRole("article");
    await page.evaluate(fill);
    await conflict.getByRole("button", { name: "Take the other" }).click();
    await laptop.region.getByRole("alert").filter({ hasText: "no room left" }).waitFor();
    assert.equal(await conflict.count(), 1);
    await page.evaluate(() => makeRoom());
    await conflict.getByRole("button", { name: "Take the other" }).click();
    for (const device of [phone, laptop]) await device.shows("Plan the lake trip in June");
    assert.deepEqual([await conflict.count(), await laptop.region.getByRole("alert").count()], [0, 0]);
    await profile.close();
  });
});

describe("two browsers of one person", () => {
  it("edit during outages, over reloads without a network, and then hold the same", async () => {
    const name = newName();
    const [atHome, home] = await visit({}, name);
    const [onTheWay, way] = await visit({}, name);
    await home.phone.add("milk");
    await way.phone.shows("milk");
    await isKept(way.page);
    await onTheWay.setOffline(true);
    await way.phone.add("bread");
    await way.phone.says("Server not reached, 1 change waits");
    await way.reload();
    await way.phone.shows("bread", "milk");
    await way.phone.rename(0, "oat milk");
    await home.phone.region.getByLabel("milk is done").check();
    await home.phone.says("Up to date");
    await onTheWay.setOffline(false);
    for (const { phone, laptop } of [home, way]) {
      for (const device of [phone, laptop]) {
        await device.shows("bread", "oat milk");
        await eventually(() => device.region.getByLabel("oat milk is done").isChecked(), "both fields stay");
      }
    }
    await Promise.all([atHome.close(), onTheWay.close()]);
  });

  it("take over text while somebody writes in it, and leave the caret where it was", async () => {
    const [profile, { page, phone, laptop }] = await visit();
    await phone.add("lake");
    for (const device of [phone, laptop]) {
      await device.shows("lake");
      await device.region.getByRole("button", { name: "Notes of lake" }).click();
    }
    await phone.notes.fill("one\ntwo\n");
    await eventually(async () => (await laptop.notes.inputValue()) === "one\ntwo\n", "it arrives");
    await laptop.notes.press("ControlOrMeta+End");
    await phone.notes.fill("zero\none\ntwo\n");
    await eventually(async () => (await laptop.notes.inputValue()) === "zero\none\ntwo\n", "it arrives");
    await page.keyboard.type("three");
    await eventually(
      async () => (await phone.notes.inputValue()) === "zero\none\ntwo\nthree",
      "what is written stands at the end",
    );
    await profile.close();
  });
});

describe("a tab", () => {
  it("that slept takes nothing from whoever has signed in since", async () => {
    const [profile, { page, phone }] = await visit({ serviceWorkers: "block" });
    const other = await sleeping(profile);
    const { userId } = await page.evaluate(
      () => JSON.parse(localStorage.getItem("syncline.person")!) as { userId: string },
    );
    await page.evaluate(
      ([name, token]) => new BroadcastChannel(name!).postMessage({ type: "token", token }),
      [`syncline-playground:phone:${userId}`, server.token(userId)],
    );
    await signOut(page);
    await page.getByLabel("A session token").fill(server.token("somebody-else"));
    await page.getByRole("button", { name: "Sign in" }).last().click();
    await phone.says("Up to date");
    await other.page.evaluate(() => wakeUp());
    await page.reload();
    await page.getByText("Signed in as somebody-else").waitFor();
    await profile.close();
  });

  it("that slept takes nothing from the same person either, who signed out and in again", async () => {
    const name = newName();
    const [profile, playground] = await visit({ serviceWorkers: "block" }, name);
    const { page } = playground;
    const other = await sleeping(profile);
    await signOut(page);
    await page.getByLabel("Your name").fill(name);
    await page.getByRole("button", { name: "Sign in" }).first().click();
    await playground.show("Share");
    await other.page.evaluate(() => wakeUp());
    await other.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await playground.reload();
    await page.getByText(`Signed in as ${name}`).waitFor();
    await playground.device("Grace’s tablet").region.waitFor();
    await profile.close();
  });

  it("shows nothing any more once somebody signs out in another one", async () => {
    const [profile, first] = await visit();
    await first.show("Share");
    const second = await Playground.open(profile, server.url);
    for (const name of ["Phone", "Laptop", "Grace’s tablet"]) await second.device(name).says("Up to date");
    await signOut(first.page);
    for (const { page } of [first, second]) {
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      assert.equal(await page.getByLabel("Title").count(), 0);
    }
    await profile.close();
  });

  it("shows a guest’s device no more once it is taken away in another one", async () => {
    const [profile, first] = await visit();
    await first.show("Share");
    const second = await Playground.open(profile, server.url);
    const tablet = second.device("Grace’s tablet");
    await tablet.says("Up to date");
    await first.page.getByRole("button", { name: "Take this device away" }).click();
    await tablet.region.waitFor({ state: "detached" });
    await second.phone.shows("Plan the lake trip");
    await profile.close();
  });

  it("can be killed in the middle of a sync", async () => {
    const [profile, playground] = await visit({ serviceWorkers: "block" });
    await playground.laptop.switchNetwork();
    const arrived = new Promise<void>((resolve) => {
      // The server takes the push in, and the answer never comes.
      void profile.route(`${server.url}/todo/sync`, async (route) => {
        await route.fetch();
        if (route.request().postData()?.includes("once")) resolve();
      });
    });
    await playground.phone.add("once");
    await arrived;
    await playground.page.close();
    await profile.unroute(`${server.url}/todo/sync`);
    const next = await Playground.open(profile, server.url);
    await next.laptop.switchNetwork();
    for (const device of [next.phone, next.laptop]) {
      await device.says("Up to date");
      await device.shows("once");
    }
    await profile.close();
  });

  it("shares its devices and their switches with another one", async () => {
    const [profile, first] = await visit();
    const second = await Playground.open(profile, server.url);
    await first.phone.add("in the first");
    await second.phone.shows("in the first");
    await second.phone.switchNetwork();
    await first.phone.says("Offline");
    await first.phone.add("without a network");
    await second.phone.says("Offline, 1 change waits");
    await second.laptop.shows("in the first");
    await first.phone.switchNetwork();
    await second.laptop.shows("in the first", "without a network");
    await profile.close();
  });

  it("says so when there is no room left, and loses nothing", async () => {
    const profile = await profileOf(browser, server.url, newName());
    const page = await profile.newPage();
    const devtools = await profile.newCDPSession(page);
    const origin = server.url;
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_500_000 });
    await page.goto(server.url);
    const { phone } = new Playground(page);
    await phone.add("small");
    await phone.shows("small");
    await phone.add("x".repeat(2_000_000));
    await phone.region.getByRole("alert").filter({ hasText: "no room left" }).waitFor();
    assert.deepEqual(await phone.titles(), ["small"]);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin });
    await phone.add("again");
    await phone.shows("again", "small");
    assert.equal(await phone.region.getByRole("alert").count(), 0);
    await profile.close();
  });
});

describe("a server", () => {
  it("may restart while devices edit", async () => {
    const [profile, { phone, laptop }] = await visit();
    await phone.add("before");
    await laptop.shows("before");
    await server.stop();
    await phone.add("while it is away");
    await phone.says("Server not reached, 1 change waits");
    await server.restart();
    await laptop.shows("before", "while it is away");
    await profile.close();
  });

  it("may come back from an older dump: the devices bring back what it lost", async () => {
    const [profile, { page, phone, laptop }] = await visit();
    await phone.add("in the dump");
    await laptop.shows("in the dump");
    const dump = server.dump();
    await phone.add("after the dump");
    await laptop.shows("after the dump", "in the dump");
    await laptop.switchNetwork();
    await laptop.add("offline meanwhile");
    const reset = page.waitForResponse(async (response) => {
      if (!response.url().endsWith("/todo/sync")) return false;
      const { reset, healFrom } = (await response.json()) as { reset?: boolean; healFrom?: string };
      return reset === true && healFrom !== undefined;
    });
    server.restore(dump);
    await laptop.switchNetwork();
    await phone.add("after the restore");
    await reset;
    for (const device of [phone, laptop]) {
      await device.shows("after the dump", "after the restore", "in the dump", "offline meanwhile");
    }
    const [other, fresh] = await visit({}, `Person ${people}`);
    await fresh.phone.shows("after the dump", "after the restore", "in the dump", "offline meanwhile");
    await Promise.all([profile.close(), other.close()]);
  });

  it("is said not to be reached also while it is tried again", async () => {
    const [profile, { phone }] = await visit({ serviceWorkers: "block" });
    const path = `${server.url}/todo/sync`;
    await profile.route(path, (route) => route.abort());
    await phone.add("one");
    await phone.says("Server not reached, 1 change waits");
    const isTried = new Promise<void>((resolve) => {
      // It takes for ever.
      void profile.route(path, () => resolve());
    });
    await isTried;
    await phone.add("two");
    await phone.says("Server not reached, 2 changes wait");
    await profile.unroute(path);
    await profile.close();
  });

  it("without the application is told apart", async () => {
    const profile = await profileOf(browser, server.url, newName(), { serviceWorkers: "block" });
    const body = { error: "There is no application `todo`", code: "not_found" };
    await profile.route(`${server.url}/todo/**`, (route) => route.fulfill({ status: 404, json: body }));
    const { phone } = await Playground.open(profile, server.url);
    await phone.region.getByRole("alert").filter({ hasText: "config/syncline.toml" }).waitFor();
    await profile.close();
  });
});

describe("people", () => {
  it("share with each other, for reading or writing, and take it back", async () => {
    const friend = newName();
    const [herProfile, hers] = await visit({}, friend);
    const [profile, { page, phone }] = await visit();
    await phone.add("together");
    await phone.shows("together");
    await phone.region.getByRole("button", { name: "Notes of together" }).click();
    await phone.region.getByRole("button", { name: "Share" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(friend);
    await dialog.getByLabel("May").selectOption("read");
    await dialog.getByRole("button", { name: "Share", exact: true }).click();
    await dialog.getByText(`${friend} reads`).waitFor();
    await hers.laptop.shows("together");
    assert.equal(await hers.laptop.region.getByLabel("Title").getAttribute("readonly"), "");

    await dialog.getByLabel("May").selectOption("write");
    await dialog.getByRole("button", { name: "Share", exact: true }).click();
    await dialog.getByText(`${friend} reads and edits`).waitFor();
    await hers.laptop.region.getByText("to read and edit").waitFor();
    await hers.laptop.rename(0, "together at last");
    await phone.shows("together at last");

    await dialog.getByRole("button", { name: "Make a link" }).click();
    const link = (await dialog.getByRole("link").getAttribute("href"))!;
    assert.equal(((await (await fetch(link)).json()) as { title: string }).title, "together at last");
    await dialog.getByRole("button", { name: "Revoke the link" }).click();
    await eventually(async () => (await fetch(link)).status === 404, "the link is of no use any more");

    await dialog.getByRole("button", { name: "Stop" }).click();
    await hers.laptop.shows();
    await dialog.getByRole("button", { name: "Done" }).click();
    await Promise.all([profile.close(), herProfile.close()]);
  });

  it("search and export", async () => {
    const [profile, { page, phone }] = await visit({ acceptDownloads: true });
    await phone.add("Buy <b>oat</b> milk");
    await phone.add("Sleep");
    await phone.says("Up to date");
    const search = page.getByRole("region", { name: "Search" });
    await search.getByLabel("Search in tasks").fill("milk");
    await search.getByRole("button", { name: "Search" }).click();
    await search.getByRole("listitem").filter({ hasText: "Buy <b>oat</b> milk" }).first().waitFor();
    assert.deepEqual(await search.locator("mark").allTextContents(), ["milk"]);
    for (const [format, part] of [
      ["JSON", '"docIndex"'],
      ["Lines", '"_collection":"tasks"'],
      ["CSV", "Sleep"],
    ] as const) {
      const download = page.waitForEvent("download");
      await page.getByRole("button", { name: `Export as ${format}` }).click();
      const chunks = await (await (await download).createReadStream()).toArray();
      assert.ok(Buffer.concat(chunks as Buffer[]).includes(part), format);
    }
    await profile.close();
  });

  it("sign out, which wipes the browser, and sign in again", async () => {
    const profile = await browser.newContext({ serviceWorkers: "block" });
    const playground = await Playground.open(profile, server.url);
    const { page, phone } = playground;
    await page.getByText("Signed in as Ada").waitFor();
    for (const device of [phone, playground.laptop]) {
      await device.switchNetwork();
      await device.add("unsent");
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("alert").filter({ hasText: "on these devices alone" }).waitFor();
      await page.getByRole("button", { name: "Stay" }).click();
      await device.switchNetwork();
      await device.says("Up to date");
    }
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement!.textContent), "Sign in");
    await eventually(
      () => page.evaluate(async () => (await indexedDB.databases()).length === 0),
      "nothing stays in the browser",
    );
    assert.deepEqual(await violations(page), []);
    await page.getByLabel("A session token").fill(server.token("with-a-token"));
    await page.getByRole("button", { name: "Sign in" }).last().click();
    await phone.add("with a token");
    await playground.laptop.shows("with a token");
    await profile.close();
  });

  it("are signed in by no address that somebody gave them", async () => {
    const profile = await browser.newContext({ serviceWorkers: "block" });
    const page = await profile.newPage();
    await page.goto(`${server.url}/?code=of-somebody-else`);
    await page.getByText("This sign-in did not begin here").waitFor();
    await profile.close();
  });
});

describe("everybody", () => {
  for (const [look, options] of [
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["on a phone", { viewport: { width: 390, height: 844 } }],
    ["on a phone, dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ] as [string, ProfileOptions][]) {
    it(`can use the page, ${look}`, async () => {
      const [profile, playground] = await visit(options);
      const { page, phone } = playground;
      await page.getByRole("switch", { name: "Clocks" }).click();
      for (const step of ["Write", "Lose the network", "Come back", "Disagree"]) await playground.show(step);
      await phone.switchNetwork();
      await phone.rename(0, "edited offline");
      await phone.says("Offline, 1 change waits");
      assert.deepEqual(await violations(page), []);
      await phone.switchNetwork();
      await phone.region.getByRole("button", { name: "Share" }).click();
      assert.deepEqual(await violations(page), []);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(overflow, 0);
      await profile.close();
    });
  }

  it("can use it by keyboard alone", async () => {
    const [profile, { page, phone, laptop }] = await visit();
    await phone.region.getByRole("switch").focus();
    await page.keyboard.press("Space");
    await phone.says("Offline");
    await page.keyboard.press("Tab");
    await page.keyboard.type("by keyboard");
    await page.keyboard.press("Enter");
    await phone.shows("by keyboard");
    for (const key of ["Tab", "Tab", "Space", "Tab", "End"]) await page.keyboard.press(key);
    await page.keyboard.type("!");
    for (const key of ["Tab", "Enter", "Tab"]) await page.keyboard.press(key);
    await page.keyboard.type("a note");
    await phone.region.getByRole("switch").focus();
    await page.keyboard.press("Space");
    await laptop.shows("by keyboard!");
    assert.ok(await laptop.region.getByLabel("by keyboard! is done").isChecked());
    await eventually(async () => (await laptop.notes.inputValue()) === "a note", "the note is there");
    assert.match((await page.getByRole("status").textContent())!, /Phone is online/);
    await profile.close();
  });
});

async function visit(options: ProfileOptions = {}, name = newName()): Promise<[BrowserContext, Playground]> {
  const profile = await profileOf(browser, server.url, name, options);
  return [profile, await Playground.open(profile, server.url)];
}

/** A tab that hears nothing of the others, until it wakes up. */
async function sleeping(profile: BrowserContext): Promise<Playground> {
  const playground = new Playground(await profile.newPage());
  await playground.page.addInitScript(sleep);
  await playground.page.goto(server.url);
  await playground.laptop.says("Up to date");
  return playground;
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

/** Somebody who was never here. */
function newName(): string {
  return `Person ${++people}`;
}
