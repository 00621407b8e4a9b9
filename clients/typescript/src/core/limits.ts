/** The limits that every document keeps, whatever its schema says. */

import { type Detail, SynclineError } from "./error.js";
import type { Document } from "./json.js";
import { type Path, child } from "./path.js";

const MAX_DEPTH = 64;
const MAX_NAME_BYTES = 1024;
const MAX_NUMBER = 2 ** 53;
const MAX_PATHS_PER_BYTE = 16;
const MAX_VIOLATIONS = 20;
const SHORTENED_NAME = 40;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Every place where `document` breaks a rule, at most 20 of them: it is JSON, of at most `maxBytes`,
 * 64 levels and names of 1,024 bytes, without top-level names that begin with `_`, NUL characters and
 * numbers that no double holds. Members that are `undefined` count as absent.
 */
export function check(document: object, maxBytes = Infinity): Detail[] {
  const size = maxBytes < Infinity ? byteLength(JSON.stringify(document)) : 0;
  if (size > maxBytes) {
    return [{ field: "", message: `a document is at most ${maxBytes} bytes of JSON; this one is ${size}` }];
  }
  const walk = new Walk(maxBytes * MAX_PATHS_PER_BYTE);
  walk.object(undefined, document, 0);
  return walk.found;
}

/** Throws a `SynclineError` with code `document` if no server would store `document`. */
export function assertStorable(document: unknown): asserts document is Document {
  if (!isPlain(document)) throw new SynclineError("document", "a document is a plain object");
  const details = check(document);
  if (details.length === 0) return;
  const places = details.map(({ field, message }) => `\`${field}\`: ${message}`);
  throw new SynclineError("document", `the document cannot be stored: ${places.join("; ")}`, { details });
}

/** Throws a `SynclineError` with code `document` if no document can have `key`. */
export function assertKey(key: string): void {
  assertName(key, 400, "a key");
}

/** Throws a `SynclineError` with code `document` if no collection can have `name`. */
export function assertCollection(name: string): void {
  assertName(name, 128, "a collection name");
}

function assertName(name: string, maxBytes: number, what: string): void {
  const bytes = byteLength(name);
  if (bytes < 1 || bytes > maxBytes || CONTROL.test(name) || LONE_SURROGATE.test(name)) {
    throw new SynclineError("document", `${what} is 1 to ${maxBytes} bytes without control characters`);
  }
}

/** The length of `text` in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A walk over a document that collects what breaks a rule. */
class Walk {
  readonly found: Detail[] = [];
  #pathBytes = 0;

  constructor(readonly maxPathBytes: number) {}

  /** The fields of an object that is `depth` levels down; the document itself is at level 0. */
  object(parent: Path | undefined, object: object, depth: number): void {
    for (const [name, value] of Object.entries(object)) {
      if (this.#isOver() || value === undefined) continue;
      const path = child(parent, shortened(name));
      if (parent === undefined && name.startsWith("_")) {
        this.#report(path, "top-level names that begin with `_` are reserved");
      }
      this.#name(path, name);
      if (isPlain(value) && Object.keys(value).length > 0 && depth + 1 < MAX_DEPTH) {
        this.object(path, value, depth + 1);
      } else {
        this.#count(path);
        this.#leaf(path, value, depth + 1);
      }
    }
  }

  /** A leaf or, in an array, a part of one. */
  #leaf(path: Path, value: unknown, depth: number): void {
    if (this.#isOver()) return;
    if (typeof value === "string") this.#text(path, value, "texts");
    else if (typeof value === "number") this.#number(path, value);
    else if (typeof value === "boolean" || value === null) return;
    else if (!Array.isArray(value) && !isPlain(value)) this.#report(path, "this is no JSON value");
    else if (depth >= MAX_DEPTH) {
      this.#report(path, `objects and arrays nest at most ${MAX_DEPTH} levels deep`);
    } else if (Array.isArray(value)) {
      for (const item of value) this.#leaf(path, item, depth + 1);
    } else {
      for (const [name, inner] of Object.entries(value)) {
        if (inner === undefined) continue;
        this.#name(path, name);
        this.#leaf(path, inner, depth + 1);
      }
    }
  }

  #name(path: Path, name: string): void {
    const bytes = byteLength(name);
    if (bytes > MAX_NAME_BYTES) {
      this.#report(path, `names are at most ${MAX_NAME_BYTES} bytes; this one is ${bytes}`);
    }
    this.#text(path, name, "names");
  }

  #text(path: Path, text: string, what: string): void {
    if (text.includes("\0")) this.#report(path, `${what} hold no NUL character`);
    if (LONE_SURROGATE.test(text)) this.#report(path, `${what} hold no half of a surrogate pair`);
  }

  #number(path: Path, value: number): void {
    if (!(Math.abs(value) <= MAX_NUMBER)) {
      this.#report(path, "numbers are at most 2^53 in magnitude, so that a double holds them");
    }
  }

  #count(path: Path): void {
    this.#pathBytes += byteLength(path);
    if (this.#pathBytes > this.maxPathBytes) {
      this.#report(
        path,
        `the paths of all leaves together are at most ${this.maxPathBytes} bytes: shorten the names or nest less deeply`,
      );
    }
  }

  /** Adds a violation, unless an earlier item of the same array had the same. */
  #report(field: Path, message: string): void {
    const last = this.found.at(-1);
    const isRepeated = last?.field === field && last.message === message;
    if (!isRepeated && this.found.length < MAX_VIOLATIONS) this.found.push({ field, message });
  }

  #isOver(): boolean {
    return this.found.length >= MAX_VIOLATIONS || this.#pathBytes > this.maxPathBytes;
  }
}

/** Whether `value` is an object literal, of this page or another, rather than an instance of a class. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function shortened(name: string): string {
  return byteLength(name) <= MAX_NAME_BYTES ? name : `${[...name].slice(0, SHORTENED_NAME).join("")}…`;
}
