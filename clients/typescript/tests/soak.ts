import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type Document, type Fetch, type Store, openStore } from "../src/index.js";
import { fileStorage } from "../src/node.js";
import { eventually } from "./eventually.js";
import type { TestServer } from "./server.js";

const COLLECTION = "notes";
const KEYS = Array.from({ length: 12 }, (_, index) => `note-${index}`);
const FIELDS = ["x", "y", "z"];

/** How long to go on, and the seed of all choices. */
export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
}

/** What a soak did. */
export interface SoakReport {
  readonly edits: number;
  readonly outages: number;
  readonly restarts: number;
  readonly conflicts: number;
  readonly documents: number;
}

/**
 * Three devices of one user edit at random, while their networks come and go, answers get lost and
 * programs restart. Then the networks stay, and all must hold what the server has. Throws if not.
 */
export async function soak(server: TestServer, { seconds, seed }: SoakOptions): Promise<SoakReport> {
  const folder = mkdtempSync(join(tmpdir(), "syncline-soak-"));
  const token = server.token(`soak-${seed}-${Date.now()}`);
  const open = (index: number) =>
    SoakDevice.open(server.url, token, join(folder, `${index}.jsonl`), randomOf(seed + index));
  const devices = await Promise.all([0, 1, 2].map(open));
  const end = Date.now() + seconds * 1000;
  await Promise.all(devices.map((device) => device.live(end)));
  for (const device of devices) device.network = "up";
  for (let round = 0; round < 2; round++) for (const device of devices) await device.sync();

  const fresh = await SoakDevice.open(server.url, token, join(folder, "fresh.jsonl"), randomOf(seed));
  await fresh.sync();
  const expected = await fresh.contents();
  for (const [index, device] of devices.entries()) {
    const waiting = await device.unsent();
    if (waiting > 0) throw new Error(`seed ${seed}: device ${index} has ${waiting} edits that were not sent`);
    const contents = await device.contents();
    if (contents !== expected)
      throw new Error(`seed ${seed}: device ${index} differs:\n${contents}\n${expected}`);
  }
  await Promise.all([...devices, fresh].map((device) => device.close()));
  rmSync(folder, { recursive: true });
  const sum = (count: (device: SoakDevice) => number) =>
    devices.reduce((all, device) => all + count(device), 0);
  return {
    edits: sum(({ edits }) => edits),
    outages: sum(({ outages }) => outages),
    restarts: sum(({ restarts }) => restarts),
    conflicts: sum(({ conflicts }) => conflicts),
    documents: (JSON.parse(expected) as unknown[]).length,
  };
}

type NetworkState = "up" | "down" | "answers are lost";

/** A device that does what chance tells it. */
class SoakDevice {
  edits = 0;
  outages = 0;
  restarts = 0;
  conflicts = 0;
  #store!: Store;
  #network: NetworkState = "up";
  #cable = new AbortController();

  private constructor(
    readonly url: string,
    readonly token: string,
    readonly path: string,
    readonly random: () => number,
  ) {}

  static async open(url: string, token: string, path: string, random: () => number): Promise<SoakDevice> {
    const device = new SoakDevice(url, token, path, random);
    await device.#open();
    return device;
  }

  set network(state: NetworkState) {
    if (state !== "up") this.outages++;
    this.#network = state;
    this.#cable.abort();
    this.#cable = new AbortController();
  }

  /** Edits until `end`, with outages and restarts. */
  async live(end: number): Promise<void> {
    while (Date.now() < end) {
      const choice = this.random();
      if (choice < 0.04) this.network = this.#pick(["up", "down", "answers are lost"]);
      else if (choice < 0.05) await this.#restart();
      else if (choice < 0.1) await this.sync().catch(() => undefined);
      else await this.#edit();
      await sleep(this.random() * 30);
    }
  }

  /** Synchronises; a server that is busy for a moment is asked again. */
  async sync(): Promise<void> {
    if (this.#network !== "up") return;
    await eventually(
      () =>
        this.#store.sync().then(
          () => true,
          () => this.#network !== "up",
        ),
      "it synchronises",
    );
  }

  unsent(): Promise<number> {
    return this.#store.unsent();
  }

  /** Every document, as a text to compare. */
  async contents(): Promise<string> {
    const found = await this.#store.collection(COLLECTION).query();
    return JSON.stringify(found.map(({ key, doc }) => [key, Object.entries(doc).sort()]));
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #edit(): Promise<void> {
    const notes = this.#store.collection(COLLECTION);
    const key = this.#pick(KEYS);
    const [choice, line, value] = [this.random(), this.random(), Math.floor(this.random() * 5)];
    const field = this.#pick(FIELDS);
    this.edits++;
    if (choice < 0.05) return void (await notes.delete(key));
    const change = (doc: Document): Document =>
      choice < 0.5 ? { ...doc, [field]: value } : { ...doc, text: withLine(doc["text"], line) };
    if (!(await notes.update(key, change))) await notes.set(key, change({}));
  }

  async #restart(): Promise<void> {
    this.restarts++;
    await this.#store.close();
    await this.#open();
  }

  async #open(): Promise<void> {
    this.#store = await openStore({
      url: this.url,
      app: "notes",
      token: this.token,
      storage: fileStorage(this.path),
      pollInterval: 300,
      pageSize: 5,
      fetch: this.#fetch,
    });
    this.#store.on("conflict", () => void this.conflicts++);
    this.#store.collection(COLLECTION);
  }

  readonly #fetch: Fetch = async (input, init) => {
    if (this.#network === "down") throw new TypeError("down");
    const signal = AbortSignal.any([this.#cable.signal, ...(init.signal ? [init.signal] : [])]);
    const response = await fetch(input, { ...init, signal });
    if (this.#network === "answers are lost") throw new TypeError("lost");
    return response;
  };

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)]!;
  }
}

/** A text with another line at a random place, at most 15 of them. */
function withLine(text: unknown, place: number): string {
  const lines = typeof text === "string" ? text.split("\n").filter(Boolean) : [];
  lines.splice(Math.floor(place * (lines.length + 1)), 0, `line ${place}`);
  return `${lines.slice(-15).join("\n")}\n`;
}

/** Numbers from 0 to 1 that a seed decides. Source: mulberry32 by Tommy Ettinger, public domain. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
