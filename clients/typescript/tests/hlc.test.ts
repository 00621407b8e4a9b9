import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import { HLC, SynclineError } from "../src/index.js";
import { vectors } from "./vectors.js";

type Next = { clock: string } | { error: string };

interface Cases {
  clocks: { name: string; text: string; millis: number; sequence: number; node: string }[];
  malformed: { name: string; text: string; error: string }[];
  compare: { left: string; right: string; order: number }[];
  tick: { name: string; clock: string; now: number; next: Next }[];
  receive: { name: string; clock: string; remote: string; now: number; next: Next }[];
  skew: { clock: string; now: number; bound: number; isAhead: boolean }[];
}

const cases = vectors<Cases>("hlc");

describe("the vectors of clocks", () => {
  it("reads and writes clocks", () => {
    for (const { text, millis, sequence, node } of cases.clocks) {
      assert.deepEqual(HLC.decode(text), { millis, sequence, node });
      assert.equal(HLC.encode({ millis, sequence, node }), text);
    }
  });

  it("refuses what is no clock", () => {
    for (const { name, text, error } of cases.malformed) {
      assert.throws(() => HLC.decode(text), { code: error === "node" ? "node" : "clock" }, name);
    }
  });

  it("orders clocks as strings", () => {
    for (const { left, right, order } of cases.compare) assert.equal(HLC.compare(left, right), order);
  });

  it("ticks", () => {
    for (const { name, clock, now, next } of cases.tick) assertNext(() => HLC.tick(clock, now), next, name);
  });

  it("hears of other clocks", () => {
    for (const { name, clock, remote, now, next } of cases.receive) {
      assertNext(() => HLC.recv(clock, remote, now), next, name);
    }
  });

  it("tells a clock that is ahead", () => {
    for (const { clock, now, bound, isAhead } of cases.skew)
      assert.equal(HLC.isAhead(clock, now, bound), isAhead);
  });
});

describe("a time with parts of milliseconds", () => {
  it("makes clocks of whole ones, each later than the one before", () => {
    const clock = HLC.create("a", 16.5);
    assert.equal(clock, "0000000000010-000000-a");
    assert.equal(HLC.tick(clock, 16.75), "0000000000010-000001-a");
    assert.equal(HLC.tick(clock, 17.25), "0000000000011-000000-a");
  });
});

describe("the laws of clocks", () => {
  const millis = fc.integer({ min: 0, max: 2 ** 52 - 2 });
  const clock = fc
    .record({
      millis,
      sequence: fc.integer({ min: 0, max: 16 ** 6 - 1 }),
      node: fc.constantFrom("a", "b-c", "server~1"),
    })
    .map(HLC.encode);

  it("moves on with every event", () => {
    fc.assert(fc.property(clock, millis, (earlier, now) => HLC.tick(earlier, now) > earlier));
  });

  it("is later than both clocks after hearing of one, and keeps its node", () => {
    fc.assert(
      fc.property(clock, clock, millis, (local, remote, now) => {
        const next = HLC.recv(local, remote, now);
        assert.equal(HLC.decode(next).node, HLC.decode(local).node);
        // The node decides between equal times only, so compare without it.
        assert.ok(next.slice(0, 20) > local.slice(0, 20) && next.slice(0, 20) > remote.slice(0, 20));
      }),
    );
  });
});

function assertNext(next: () => string, expected: Next, name: string): void {
  if ("clock" in expected) assert.equal(next(), expected.clock, name);
  else assert.throws(next, SynclineError, name);
}
