import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { after, before, describe, it } from "node:test";

import type { Browser, BrowserContext, Locator, Page } from "playwright-core";

import { fill } from "../../../playground/tests/full.js";
import { isKept } from "../../../playground/tests/kept.js";
import { sleep } from "../../../playground/tests/sleep.js";
import { violations } from "../../../typescript/tests/accessibility.js";
import { launch } from "../../../typescript/tests/chromium.js";
import { eventually } from "../../../typescript/tests/eventually.js";
import { SAMPLE, TestServer } from "../../../typescript/tests/server.js";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const YEAR = new Date().getFullYear();

let server: TestServer;
let browser: Browser;
let pages: Server;

before(async () => {
  [server, browser, pages] = await Promise.all([TestServer.start(SAMPLE), launch(), serve("dist")]);
});

after(async () => {
  await browser.close();
  pages.close();
  await server.remove();
});

describe("the year planner", () => {
  it("merges what two devices write offline, each on days of its own and in the same notes", async () => {
    const [home, way] = [await visit("ada"), await visit("ada")];
    await write(home.page, `1 May`, "Notes", "Picnic\n");
    await eventually(() => says(way.page, "1 May", "with notes"), "the note arrives");
    await Promise.all([home.profile.setOffline(true), way.profile.setOffline(true)]);
    await write(home.page, "1 May", "Notes", "Picnic\nBring cups\n");
    await write(way.page, "1 May", "Notes", "By the lake\nPicnic\n");
    await write(way.page, "2 May", "Notes", "Rest");
    await choose(home.page, "3 May", "Holiday");
    await home.page.getByText("Kept on this device, not yet on the server.").waitFor();
    await Promise.all([home.profile.setOffline(false), way.profile.setOffline(false)]);
    for (const { page } of [home, way]) {
      await eventually(
        async () => (await says(page, "2 May", "with notes")) && (await says(page, "3 May", "Holiday")),
        "the days of both are there",
      );
      await eventually(
        async () => (await read(page, "1 May")) === "By the lake\nPicnic\nBring cups\n",
        "merged",
      );
    }
    await Promise.all([home.profile.close(), way.profile.close()]);
  });

  it("opens again without a network, with what was written without one", async () => {
    const [home, way] = [await visit("mary"), await visit("mary")];
    await isKept(home.page);
    await home.profile.setOffline(true);
    await write(home.page, "8 March", "Notes", "Written offline");
    await home.page.reload();
    assert.equal(await read(home.page, "8 March"), "Written offline");
    await write(home.page, "9 March", "Notes", "Written after a reload");
    await home.page.getByText("Kept on this device, not yet on the server.").waitFor();
    assert.ok(!(await says(way.page, "8 March", "with notes")));
    await home.profile.setOffline(false);
    for (const [date, text] of [
      ["8 March", "Written offline"],
      ["9 March", "Written after a reload"],
    ] as const) {
      await eventually(() => says(way.page, date, "with notes"), "the other device has it");
      assert.equal(await read(way.page, date), text);
    }
    await Promise.all([home.profile.close(), way.profile.close()]);
  });

  it("says so of what is written after the server was not reached", async () => {
    const { page, profile } = await visit("vera");
    await profile.setOffline(true);
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.getByText("The server was not reached.").waitFor();
    // It is not tried again meanwhile.
    await page.evaluate(() => {
      for (let timer = Number(setTimeout(() => undefined)); timer > 0; timer--) clearTimeout(timer);
    });
    await write(page, "2 May", "Notes", "Written later");
    await page.getByText("Kept on this device, not yet on the server.").waitFor();
    await profile.setOffline(false);
    await page.getByText("Up to date.").waitFor();
    await profile.close();
  });

  it("goes on after a session has ended, with what was written meanwhile", async () => {
    const [home, way] = [await visit("nina"), await visit("nina")];
    await home.page.evaluate(() => {
      const kept = localStorage.getItem("year-planner.session")!;
      const session = JSON.parse(kept) as { token: string };
      localStorage.setItem("year-planner.session", JSON.stringify({ ...session, token: "ended" }));
    });
    await home.page.reload();
    await write(home.page, "5 May", "Notes", "Picnic");
    await home.page.getByRole("alert").getByText("Your session has ended.").waitFor();
    await home.page.getByText("Kept on this device, not yet on the server.").waitFor();
    await home.page.getByRole("button", { name: "Sign in again" }).click();
    await home.page.getByText("Up to date.").waitFor();
    await eventually(() => says(way.page, "5 May", "with notes"), "the note arrives");
    assert.equal(await home.page.getByRole("alert").count(), 0);
    await home.page.reload();
    await home.page.getByText("Up to date.").waitFor();
    assert.equal(await read(home.page, "5 May"), "Picnic");
    await Promise.all([home.profile.close(), way.profile.close()]);
  });

  it("shows both values of a conflict, and takes the other", async () => {
    const [first, second] = [await visit("grace"), await visit("grace")];
    await Promise.all([first.profile.setOffline(true), second.profile.setOffline(true)]);
    await choose(first.page, "4 July", "Travel");
    await choose(second.page, "4 July", "Birthday");
    await first.profile.setOffline(false);
    await first.page.getByText("Up to date.").waitFor();
    await second.profile.setOffline(false);
    const conflict = second.page.getByRole("article");
    assert.match((await conflict.textContent())!, /kind of \w+,? 4 July. “Birthday” stays, “Travel” was/);
    await conflict.getByRole("button", { name: "Take the other" }).click();
    for (const { page } of [first, second]) {
      await eventually(() => says(page, "4 July", "Travel"), "it is taken");
    }
    await Promise.all([first.profile.close(), second.profile.close()]);
  });

  it("keeps its name when somebody signs in on another device", async () => {
    const home = await visit("mia");
    const isPushed = home.page.waitForResponse(
      async (response) => response.request().postData()?.includes("Our house") === true,
    );
    await home.page.getByLabel("Name of the planner").fill("Our house");
    await isPushed;
    const way = await visit("mia");
    await way.page.getByRole("heading", { name: "Our house" }).waitFor({ state: "attached" });
    await home.page.getByText("Up to date.").waitFor();
    assert.equal(await home.page.getByLabel("Name of the planner").inputValue(), "Our house");
    await Promise.all([home.profile.close(), way.profile.close()]);
  });

  it("keeps its name until another one is written", async () => {
    const { page, profile } = await visit("olga");
    const name = page.getByLabel("Name of the planner");
    const before = await name.inputValue();
    await name.fill("");
    await page.getByRole("alert").getByText("needs a name").waitFor();
    assert.equal(await name.inputValue(), "");
    await name.blur();
    assert.equal(await name.inputValue(), before);
    await name.fill("");
    await name.pressSequentially("Olga’s year");
    await page.getByRole("heading", { name: "Olga’s year" }).waitFor({ state: "attached" });
    assert.deepEqual([await name.inputValue(), await page.getByRole("alert").count()], ["Olga’s year", 0]);
    await profile.close();
  });

  it("asks before it signs out with what the server has not stored", async () => {
    const { page, profile } = await visit("ivy");
    await profile.setOffline(true);
    await write(page, "3 May", "Notes", "On this device alone");
    const signOut = page.getByRole("button", { name: "Sign out", exact: true });
    const dialog = page.getByRole("dialog");
    await signOut.click();
    await dialog.getByText("would be lost").waitFor();
    await dialog.getByRole("button", { name: "Stay" }).click();
    assert.equal(await read(page, "3 May"), "On this device alone");
    await signOut.click();
    await dialog.getByRole("button", { name: "Sign out and lose it" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await profile.close();
  });

  it("shows nothing any more once somebody signs out in another tab", async () => {
    const { page, profile } = await visit("eve");
    const other = await profile.newPage();
    await other.goto(page.url());
    await other.getByText("Up to date.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    for (const tab of [page, other]) await tab.getByRole("button", { name: "Sign in" }).waitFor();
    await profile.close();
  });

  it("keeps a new session of somebody who signed out while another tab slept", async () => {
    const { page, profile } = await visit("zoe");
    const other = await profile.newPage();
    await other.addInitScript(sleep);
    await other.goto(page.url());
    await other.getByText("Up to date.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn(page, "zoe");
    await other.evaluate(() => wakeUp());
    await other.getByRole("button", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByText("Up to date.").waitFor();
    await profile.close();
  });

  it("shows what is kept, and why, when a change cannot be kept", async () => {
    const { page, profile } = await visit("ines");
    const name = page.getByLabel("Name of the planner");
    const before = await name.inputValue();
    await page.evaluate(fill);
    await name.fill("Too much");
    await page.getByRole("alert").getByText("no room").waitFor();
    await eventually(async () => (await name.inputValue()) === before, "the name is what it was");
    await day(page, "1 May").click();
    const notes = page.getByRole("textbox", { name: "Notes" });
    await notes.fill("Too much");
    await page.getByRole("dialog").getByRole("alert").getByText("no room").waitFor();
    await eventually(async () => (await notes.inputValue()) === "", "the notes are what they were");
    await page.evaluate(() => makeRoom());
    await notes.fill("Picnic");
    await page.getByRole("button", { name: "Done" }).click();
    await eventually(() => says(page, "1 May", "with notes"), "the note is kept");
    assert.equal(await page.getByRole("alert").count(), 0);
    await profile.close();
  });

  it("is shared with somebody else, and taken back", async () => {
    const [mine, theirs] = [await visit("lin"), await visit("kim")];
    await mine.page.getByLabel("Name of the planner").fill("Our year");
    await theirs.page.getByRole("button", { name: "Share" }).click();
    const id = (await theirs.page.locator("dialog code").textContent())!;
    await theirs.page.getByRole("button", { name: "Done" }).click();
    await mine.page.getByRole("button", { name: "Share" }).click();
    const dialog = mine.page.getByRole("dialog");
    await dialog.getByLabel("With the user").fill(id);
    await dialog.getByRole("button", { name: "Share" }).click();
    await dialog.getByText("It is shared.").waitFor();
    const planners = theirs.page.getByLabel("Planner", { exact: true });
    await planners.selectOption({ label: "Our year (shared with me)" });
    await choose(theirs.page, "6 June", "Deadline");
    await dialog.getByLabel("Who may").selectOption("none");
    await eventually(
      async () => (await mine.page.locator(`[data-date="${YEAR}-06-06"].kind-4`).count()) === 1,
      "their edit arrives",
    );
    await dialog.getByRole("button", { name: "Share" }).click();
    await dialog.getByText("It is no longer shared").waitFor();
    await eventually(async () => (await planners.locator("option").count()) === 1, "it leaves their device");
    await Promise.all([mine.profile.close(), theirs.profile.close()]);
  });

  it("can be used by keyboard, on a phone and with a screen reader", async () => {
    const { page, profile } = await visit("noor", { width: 390, height: 844 });
    await page.locator(`[tabindex="0"][data-date]`).focus();
    const before = await page.evaluate(() => document.activeElement!.getAttribute("data-date")!);
    await page.keyboard.press(before.endsWith("-12-31") ? "ArrowLeft" : "ArrowRight");
    await page.keyboard.press("Enter");
    await page.getByRole("textbox", { name: "Notes" }).fill("by keyboard");
    assert.deepEqual(await violationsInAnyLight(page), []);
    await page.keyboard.press("Escape");
    assert.match(await page.evaluate(() => document.activeElement!.ariaLabel!), /with notes$/);
    assert.deepEqual(await violationsInAnyLight(page), []);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0);
    await profile.close();
  });
});

async function visit(
  name: string,
  viewport = { width: 1240, height: 900 },
): Promise<{ page: Page; profile: BrowserContext }> {
  const profile = await browser.newContext({ viewport });
  const page = await profile.newPage();
  await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
  await signIn(page, name);
  return { page, profile };
}

async function signIn(page: Page, name: string): Promise<void> {
  await page.getByLabel("Server").fill(server.url);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Up to date.").waitFor();
}

async function violationsInAnyLight(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await violations(page)));
  }
  return found;
}

function day(page: Page, date: string): Locator {
  return page.getByRole("button", { name: new RegExp(`^\\w+ ${date}(,|$)`) });
}

/** Whether the year says so of a day. */
async function says(page: Page, date: string, text: string): Promise<boolean> {
  return (await day(page, date).getAttribute("aria-label"))!.includes(text);
}

async function write(page: Page, date: string, field: string, text: string): Promise<void> {
  await day(page, date).click();
  await page.getByRole("textbox", { name: field }).fill(text);
  await page.getByRole("button", { name: "Done" }).click();
}

async function choose(page: Page, date: string, kind: string): Promise<void> {
  await day(page, date).click();
  await page.getByLabel("Kind of day").selectOption({ label: kind });
  await page.getByRole("button", { name: "Done" }).click();
}

async function read(page: Page, date: string): Promise<string> {
  await day(page, date).click();
  const text = await page.getByRole("textbox", { name: "Notes" }).inputValue();
  await page.getByRole("button", { name: "Done" }).click();
  return text;
}

/** Serves the built page as a web server would. */
async function serve(folder: string): Promise<Server> {
  const running = createServer(({ url }, response) => {
    const file = url === "/" ? "index.html" : url!.slice(1);
    response.setHeader("Content-Type", TYPES[extname(file)]!);
    response.end(readFileSync(join(folder, file)));
  });
  await new Promise<void>((resolve) => running.listen(0, "127.0.0.1", resolve));
  return running;
}
