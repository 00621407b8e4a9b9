/**
 * JSON documents as maps of leaves.
 *
 * A leaf is every value that is no object, and the empty object. Arrays are leaves: they merge as a
 * whole.
 */

import { type Document, type Json, isEmpty, isObject, own, put, sameValue } from "./json.js";
import { type Path, child, keysOf } from "./path.js";

/** The leaves of a document by their paths. */
export type Leaves = Map<Path, Json>;

/** What changed from one document to another. */
export interface Difference {
  /** Leaves that are new or have another value. */
  readonly changed: Leaves;
  /** Paths of leaves that are gone. */
  readonly removed: Path[];
}

/** The leaves of `document`. */
export function flatten(document: Document): Leaves {
  const leaves: Leaves = new Map();
  collect(undefined, document, leaves);
  return leaves;
}

function collect(parent: Path | undefined, object: Document, leaves: Leaves): void {
  for (const [key, value] of Object.entries(object)) {
    const path = child(parent, key);
    if (isObject(value) && !isEmpty(value)) collect(path, value, leaves);
    else leaves.set(path, value);
  }
}

/** The document with the given leaves: the inverse of `flatten`. */
export function unflatten(leaves: Iterable<readonly [Path, Json]>): Document {
  const document: Document = {};
  for (const [path, value] of leaves) set(document, path, value);
  return document;
}

/** The value at `path`, leaf or not. */
export function get(document: Document, path: Path): Json | undefined {
  let value: Json | undefined = document;
  for (const key of keysOf(path)) {
    if (!isObject(value)) return undefined;
    value = own(value, key);
  }
  return value;
}

/** Puts `value` at `path`. What stands in the way and is no object gives way to one. */
export function set(document: Document, path: Path, value: Json): void {
  const keys = keysOf(path);
  const last = keys.pop()!;
  let object = document;
  for (const key of keys) {
    let inner = own(object, key);
    if (!isObject(inner)) put(object, key, (inner = {}));
    object = inner;
  }
  put(object, last, value);
}

/** Takes away the value at `path`, and every object that this leaves empty. */
export function remove(document: Document, path: Path): void {
  removeKeys(document, keysOf(path));
}

function removeKeys(object: Document, [key, ...rest]: string[]): void {
  if (key === undefined) return;
  const inner = own(object, key);
  if (rest.length === 0) {
    delete object[key];
  } else if (isObject(inner) && !isEmpty(inner)) {
    removeKeys(inner, rest);
    if (isEmpty(inner)) delete object[key];
  }
}

/** The leaves in which `to` differs from `from`. */
export function diff(from: Document, to: Document): Difference {
  const before = flatten(from);
  const changed = flatten(to);
  const removed = [...before.keys()].filter((path) => !changed.has(path));
  for (const [path, old] of before) {
    const value = changed.get(path);
    if (value !== undefined && sameValue(old, value)) changed.delete(path);
  }
  return { changed, removed };
}
