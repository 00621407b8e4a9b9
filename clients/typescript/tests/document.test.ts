import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import { flatten, get, remove, set, unflatten } from "../src/core/document.js";
import { type Document, type Json, copy, sameDocument, sameValue } from "../src/core/json.js";
import { assertCollection, assertKey, assertStorable, check } from "../src/core/limits.js";
import { above, keysOf, pathOf } from "../src/core/path.js";
import { diff } from "../src/index.js";
import { vectors } from "./vectors.js";

interface Leaf {
  path: string;
  value: Json;
}

const paths = vectors<{
  written: { keys: string[]; path: string; above: string[] }[];
  read: { text: string; keys: string[]; path: string }[];
}>("paths");

const documents = vectors<{
  flatten: { name: string; document: Document; leaves: Leaf[] }[];
  diff: { name: string; from: Document; to: Document; changed: Leaf[]; removed: string[] }[];
  same: { name: string; left: Json; right: Json; same: boolean }[];
}>("diff");

const refusals = vectors<{
  documents: {
    name: string;
    json: string;
    maxBytes: number;
    needsIntegers: boolean;
    violations: { path: string }[];
  }[];
  names: { name: string; text: string; collection: string | null; key: string | null }[];
}>("refusals");

describe("the vectors of paths", () => {
  it("writes and reads canonical paths", () => {
    for (const { keys, path, above: objects } of paths.written) {
      assert.equal(pathOf(keys), path);
      assert.deepEqual(keysOf(path), keys);
      assert.deepEqual(above(path), objects);
    }
  });

  it("reads leniently", () => {
    for (const { text, keys, path } of paths.read) {
      assert.deepEqual(keysOf(text), keys);
      assert.equal(pathOf(keys), path);
    }
  });
});

describe("the vectors of documents", () => {
  it("flattens, and makes the document again", () => {
    for (const { name, document, leaves } of documents.flatten) {
      assert.deepEqual(sorted(flatten(document)), byPath(leaves), name);
      assert.ok(sameDocument(unflatten(flatten(document)), document), name);
    }
  });

  it("tells what changed", () => {
    for (const { name, from, to, changed, removed } of documents.diff) {
      const difference = diff(from, to);
      assert.deepEqual(sorted(difference.changed), byPath(changed), name);
      assert.deepEqual(difference.removed.toSorted(), removed.toSorted(), name);
      assert.ok(sameDocument(applied(from, difference), to), name);
    }
  });

  it("compares values as JSON", () => {
    for (const { name, left, right, same } of documents.same)
      assert.equal(sameValue(left, right), same, name);
  });
});

describe("the vectors of refusals", () => {
  it("finds what no server would store, where it is", () => {
    for (const { name, json, maxBytes, needsIntegers, violations } of refusals.documents) {
      const found = check(JSON.parse(json) as Document, maxBytes).map(({ field }) => field);
      const expected = needsIntegers ? [] : violations.map(({ path }) => path);
      assert.deepEqual(found.toSorted(), expected.toSorted(), name);
    }
  });

  it("knows the names that collections and keys can have", () => {
    for (const { name, text, collection, key } of refusals.names) {
      assert.equal(
        isAccepted(() => assertCollection(text)),
        collection === null,
        name,
      );
      assert.equal(
        isAccepted(() => assertKey(text)),
        key === null,
        name,
      );
    }
  });

  it("refuses values that only JavaScript has", () => {
    const values = [NaN, Infinity, 10n, () => 1, Symbol("a"), new Date(0), new Map(), "\ud800", [undefined]];
    for (const value of values) {
      assert.throws(() => assertStorable({ a: value }), { code: "document" });
    }
  });

  it("takes a member that is undefined for absent", () => {
    const document: unknown = { a: 1, b: undefined };
    assertStorable(document);
    assert.deepEqual(copy(document), { a: 1 });
  });
});

describe("the laws of documents", () => {
  const document = fc.dictionary(
    fc.oneof(fc.constantFrom("a", "b", "__proto__", "x.y", "%"), fc.string()),
    fc.jsonValue({ maxDepth: 3 }),
  ) as fc.Arbitrary<Document>;

  it("makes every document again from its leaves", () => {
    fc.assert(fc.property(document, (original) => sameDocument(unflatten(flatten(original)), original)));
  });

  it("makes one document of another by what changed", () => {
    fc.assert(fc.property(document, document, (from, to) => sameDocument(applied(from, diff(from, to)), to)));
  });

  it("finds every leaf at its path", () => {
    fc.assert(
      fc.property(document, (original) =>
        [...flatten(original)].every(([path, value]) => sameValue(get(original, path)!, value)),
      ),
    );
  });
});

function applied(from: Document, { changed, removed }: ReturnType<typeof diff>): Document {
  const document = copy(from);
  for (const path of removed) remove(document, path);
  for (const [path, value] of changed) set(document, path, value);
  return document;
}

function sorted(leaves: ReadonlyMap<string, Json>): Leaf[] {
  return byPath([...leaves].map(([path, value]) => ({ path, value })));
}

function byPath(leaves: Leaf[]): Leaf[] {
  return leaves.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

function isAccepted(assertion: () => void): boolean {
  try {
    assertion();
    return true;
  } catch {
    return false;
  }
}
