import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

import { SynclineError } from "../core/error.js";
import type { Entry } from "../core/replica.js";
import { takeLock } from "./lock.js";
import { MemoryStorage } from "./memory.js";
import type { ScopeRecord, Written } from "./storage.js";

/** Nobody else on the machine may read the documents. */
const PRIVATE = 0o600;

/** How much more than what is kept the file may tell of before it is written anew. */
const SLACK = 1000;

/** By how many bytes more than what is kept it may be larger before that. */
const SLACK_BYTES = 4 << 20;

/** From which length on a line that tells of what is kept takes no more: no text may be of any length. */
const LONG = 1 << 20;

/** A line of the file: what changed in a scope. */
interface Change {
  readonly scope: string;
  readonly record: ScopeRecord;
  readonly entries: readonly (readonly [id: string, entry: Entry | null])[];
}

/** A line of the file: which scopes went. */
interface Drop {
  readonly gone: readonly string[];
}

/** A line of the file, as earlier versions wrote it: a scope that went. */
interface EarlierDrop {
  readonly scope: string;
  readonly record?: undefined;
}

/**
 * Keeps everything in memory and in a journal at `path`, which one process uses at a time. A change
 * is one line, flushed to the disk before the call returns; what a crash cut off is left out.
 */
export class FileStorage extends MemoryStorage {
  readonly #path: string;
  readonly #unlock: () => void;
  #file: FileHandle;
  /** How much of the file is good, in bytes. */
  #length = 0;
  /** How much that was when it was written anew, or could not be. */
  #compactLength = 0;
  /** Whether something may stand behind that: a change that is being written, or was not as a whole. */
  #isTorn = true;
  #isClosed = false;
  #isWiped = false;
  /** How many scopes and documents its lines tell of, those that a later line replaces included. */
  #told = 0;

  private constructor(path: string, file: FileHandle, unlock: () => void) {
    super();
    this.#path = path;
    this.#unlock = unlock;
    this.#file = file;
  }

  /** Opens the journal, and creates it and its folder if there is none. */
  static async open(path: string): Promise<FileStorage> {
    let unlock: (() => void) | undefined;
    try {
      await mkdir(dirname(path), { recursive: true });
      unlock = await takeLock(path);
      return await FileStorage.#openLocked(path, unlock);
    } catch (cause) {
      unlock?.();
      throw storageError(path, cause);
    }
  }

  static async #openLocked(path: string, unlock: () => void): Promise<FileStorage> {
    const storage = new FileStorage(path, await open(path, "a", PRIVATE), unlock);
    for await (const line of linesIn(path)) storage.#take(line);
    await storage.#shorten();
    return storage;
  }

  override close(): Promise<void> {
    return this.exclusively(async () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      await this.#file.close();
      this.#unlock();
    });
  }

  protected override keep(scope: string, written: Written): Promise<void> {
    const entries = [...written.entries].map(([id, entry]) => [id, entry ?? null] as const);
    return this.#append({ scope, record: written.record, entries });
  }

  protected override keepWithout(scopes: readonly string[]): Promise<void> {
    return this.#append({ gone: scopes });
  }

  protected override async keepNothing(): Promise<void> {
    this.#assertOpen();
    try {
      await this.#file.truncate(0);
      // Whether or not the disk knows it by now, a change to what is gone can no longer be kept.
      this.#isWiped = true;
      await this.#file.sync();
    } catch (cause) {
      throw storageError(this.#path, cause);
    }
  }

  async #append(line: Change | Drop): Promise<void> {
    this.#assertOpen();
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      if (this.#isLong()) await this.#shorten();
      if (this.#isTorn) await this.#file.truncate(this.#length);
      this.#isTorn = true;
      await this.#file.appendFile(bytes);
      await this.#file.datasync();
    } catch (cause) {
      throw storageError(this.#path, cause);
    }
    this.#isTorn = false;
    this.#length += bytes.length;
    this.#told += toldBy(line);
  }

  /** The file may be another process's by now. */
  #assertOpen(): void {
    if (this.#isClosed || this.#isWiped) {
      throw new SynclineError("closed", "the store is closed: open it again");
    }
  }

  #take(text: string): void {
    const line = JSON.parse(text) as Change | Drop | EarlierDrop;
    if ("gone" in line) this.remove(line.gone);
    else if (line.record === undefined) this.remove([line.scope]);
    else this.put(line.scope, { record: line.record, entries: entriesOf(line) });
    this.#length += Buffer.byteLength(text) + 1;
    this.#told += toldBy(line);
  }

  #isLong(): boolean {
    return this.#told > 2 * this.#live() + SLACK || this.#length > 2 * this.#compactLength + SLACK_BYTES;
  }

  #live(): number {
    return [...this.contents()].reduce((sum, [, { entries }]) => sum + entries.size + 1, 0);
  }

  /**
   * Writes what is kept to a new file, and puts that in the place of the old one. Where there is no room
   * for another, the one that there is goes on to grow.
   */
  async #shorten(): Promise<void> {
    const next = await this.#write().catch(() => undefined);
    if (next) await this.#use(next);
    this.#compactLength = this.#length;
    this.#told = this.#live();
  }

  #write(): Promise<FileHandle> {
    return newFile(`${this.#path}.new`, linesOf(this.contents()));
  }

  /** Puts the new file in the place of the old one: after a crash, either the one is there or the other. */
  async #use(next: FileHandle): Promise<void> {
    const { size } = await next.stat();
    await rename(`${this.#path}.new`, this.#path);
    const old = this.#file;
    this.#file = next;
    this.#length = size;
    this.#isTorn = false;
    await old.close();
    const folder = await open(dirname(this.#path), "r");
    await folder.sync();
    await folder.close();
  }
}

/** A new file with these lines, on the disk. If that fails, there is none. */
async function newFile(path: string, lines: Iterable<string>): Promise<FileHandle> {
  await rm(path, { force: true });
  const file = await open(path, "ax", PRIVATE);
  try {
    for (const line of lines) await file.appendFile(line);
    await file.sync();
    return file;
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
}

/** The whole lines of a file, one after the other: the file may be larger than any text. */
async function* linesIn(path: string): AsyncGenerator<string> {
  let line: Buffer[] = [];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", start)) {
      yield Buffer.concat([...line, chunk.subarray(start, end)]).toString();
      line = [];
      start = end + 1;
    }
    line.push(chunk.subarray(start));
  }
}

/** The lines that tell of what is kept. */
function* linesOf(contents: Iterable<[scope: string, written: Written]>): Generator<string> {
  for (const [scope, { record, entries }] of contents) {
    const start = JSON.stringify({ scope, record }).slice(0, -1);
    let part: string[] = [];
    let length = 0;
    for (const [id, entry] of entries) {
      const text = JSON.stringify([id, entry]);
      part.push(text);
      length += text.length;
      if (length < LONG) continue;
      yield `${start},"entries":[${part.join(",")}]}\n`;
      part = [];
      length = 0;
    }
    yield `${start},"entries":[${part.join(",")}]}\n`;
  }
}

function toldBy(line: Change | Drop | EarlierDrop): number {
  return "entries" in line ? line.entries.length + 1 : 1;
}

function entriesOf({ entries }: Change): Written["entries"] {
  return new Map(entries.map(([id, entry]) => [id, entry ?? undefined]));
}

function storageError(path: string, cause: unknown): SynclineError {
  if (cause instanceof SynclineError) return cause;
  if (hasCode(cause, "ENOSPC") || hasCode(cause, "EDQUOT")) {
    return new SynclineError("quota", "the disk is full: free some space, then try again; nothing was lost", {
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SynclineError("storage", `${path} cannot be used: ${reason}`, { cause });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
