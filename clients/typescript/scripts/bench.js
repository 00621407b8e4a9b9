// See scripts/bench.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { TestBrowser } from "../build/tests/browser.js";
import { TestServer } from "../build/tests/server.js";
import { openStore } from "../build/src/index.js";
import { fileStorage } from "../build/src/node.js";

const DOCUMENTS = 10_000;
const RUNS = 5;

const [server, browser] = await Promise.all([TestServer.start(), TestBrowser.start()]);
const options = { url: server.url, app: "notes", token: server.token("bench") };
const folder = mkdtempSync(join(tmpdir(), "syncline-bench-"));
try {
  await fill();
  console.log(`\n${DOCUMENTS} documents of about 150 bytes, medians of ${RUNS}, in milliseconds`);
  console.log("                      start  first documents  all documents  start again, all documents");
  report("Node.js, memory", await measured(() => inNode(undefined)));
  report("Node.js, file", await measured((run) => inNode(fileStorage(join(folder, `${run}.jsonl`)))));
  report("Chromium, IndexedDB", await measured(inChromium));
} finally {
  rmSync(folder, { recursive: true });
  await Promise.all([server.remove(), browser.stop()]);
}

/** Pushes the documents from another device. */
async function fill() {
  const store = await openStore({ ...options, pollInterval: Infinity });
  const notes = store.collection("notes");
  for (let index = 0; index < DOCUMENTS; index++) {
    await notes.set(`note-${index}`, {
      title: `Note ${index}`,
      done: index % 3 === 0,
      text: "x".repeat(100),
    });
  }
  await store.sync();
  await store.close();
}

async function inNode(storage) {
  const given = { ...options, pollInterval: Infinity, ...(storage && { storage }) };
  const times = await pull(openStore, given, DOCUMENTS);
  return storage ? { ...times, again: await startAgain(openStore, given) } : times;
}

async function inChromium() {
  const profile = await browser.profile();
  const page = await profile.newPage();
  await page.goto(browser.origin);
  await page.waitForFunction(() => "syncline" in globalThis);
  const run = (work, ...given) =>
    page.evaluate(`(${work})(syncline.openStore, ${given.map((value) => JSON.stringify(value)).join()})`);
  const given = { ...options, pollInterval: 1e9 };
  const times = await run(pull, given, DOCUMENTS);
  const again = await run(startAgain, given);
  await profile.close();
  return { ...times, again };
}

/** Times the first pull: the start, the first documents that can be shown, and all of them. */
async function pull(openStore, given, documents) {
  const begun = performance.now();
  const since = () => performance.now() - begun;
  const store = await openStore(given);
  const notes = store.collection("notes");
  await notes.query();
  const start = since();
  let first;
  await new Promise((resolve) => {
    notes.subscribe({}, ({ length }) => {
      if (length > 0) first ??= since();
      if (length === documents) resolve();
    });
  });
  const all = since();
  await store.close();
  return { start, first, all };
}

/** Times a start with everything on the device, until it can be shown. */
async function startAgain(openStore, given) {
  const begun = performance.now();
  const store = await openStore(given);
  await store.collection("notes").query();
  const again = performance.now() - begun;
  await store.close();
  return again;
}

async function measured(work) {
  const runs = [];
  for (let run = 0; run < RUNS; run++) runs.push(await work(run));
  return Object.fromEntries(Object.keys(runs[0]).map((name) => [name, median(runs.map((run) => run[name]))]));
}

function median(numbers) {
  return numbers.sort((left, right) => left - right)[Math.floor(numbers.length / 2)];
}

function report(name, { start, first, all, again }) {
  const columns = [start, first, all, again].map((time) => (time === undefined ? "–" : time.toFixed(0)));
  const widths = [7, 17, 15, 28];
  console.log(name.padEnd(20) + columns.map((text, index) => text.padStart(widths[index])).join(""));
}
