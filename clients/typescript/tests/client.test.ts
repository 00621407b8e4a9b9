import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  type Document,
  type DocumentId,
  HLC,
  type ServerChange,
  type SyncAnswer,
  SyncClient,
} from "../src/index.js";

const YEAR = 31_536_000_000;

describe("the predecessor's surface", () => {
  it("edits, pushes, applies, keeps and restores", () => {
    const client = new SyncClient("phone");
    assert.equal(client.baseClock, HLC.zero());
    const changes = client.edit("a", { n: 1 }, 10).edit("b", { n: 2 }, 11).getChanges();
    assert.deepEqual(changes[0], { key: "a", doc: { n: 1 }, fieldRevs: { n: stamp(10) } });
    const { serverChanges, conflicts } = client.sync(
      answer(100, { serverChanges: [stored("c", { n: 3 }, 50)] }),
      100,
    );
    assert.deepEqual([serverChanges.length, conflicts.length], [1, 0]);

    const restored = SyncClient.fromSnapshot(JSON.parse(JSON.stringify(client.getSnapshot())) as never)!;
    assert.equal(restored.baseClock, clock(100));
    assert.equal(restored.nodeId, "phone");
    assert.equal(restored.lastSyncAt, 100);
    assert.deepEqual(restored.docs, client.docs);
    assert.deepEqual(restored.getSnapshot(), client.getSnapshot());
  });

  it("has no client where there is no snapshot, and refuses one that it cannot read", () => {
    assert.equal(SyncClient.fromSnapshot(null), null);
    assert.throws(() => SyncClient.fromSnapshot({ version: 2 } as never), { code: "snapshot" });
  });

  it("prunes all but pending edits", () => {
    const client = synced({ a: { n: 1 }, b: { n: 1 } });
    client.edit("a", { n: 2 }, 200);
    assert.equal(client.shouldPrune(100, 200), false);
    assert.equal(client.shouldPrune(100, 201), true);
    client.prune();
    assert.deepEqual([...client.documents()], [[{ key: "a" }, { n: 2 }]]);
    assert.equal(client.baseClock, HLC.zero());
    assert.equal(client.shouldPrune(100, YEAR), false);
  });

  it("doubts that a push without an answer is new once it is pruned", () => {
    const client = synced({});
    client.edit("a", { n: 1 }, 200);
    const [sent] = client.getChanges();
    assert.equal(sent!.after, undefined);
    const [again] = client.prune().getChanges();
    assert.deepEqual(again!.after, sent!.fieldRevs);
    assert.deepEqual(again!.fieldRevs, sent!.fieldRevs);
  });

  for (const isBrought of [true, false]) {
    it(`${isBrought ? "keeps" : "lets go"} what pruning kept and the server brings${isBrought ? "" : " no more"}`, () => {
      const client = synced({ a: { n: 1 } });
      client.edit("a", { n: 2 }, 200).prune().edit("a", { n: 1 }, 210);
      assert.deepEqual(client.getChanges(), []);
      const serverChanges = isBrought ? [stored("a", { n: 1 }, 50)] : [];
      assert.ok(client.sync(answer(300, { serverChanges }), 300).hasMore);
      client.getChanges();
      assert.ok(!client.sync(answer(310), 310).hasMore);
      assert.equal(client.get("a") !== undefined, isBrought);
    });
  }

  it("has an edit of what pruning kept made from what was there before", () => {
    for (const isPulled of [true, false]) {
      const client = synced({ a: { n: 1 } });
      client.edit("a", { n: 2 }, 200).prune().edit("a", { n: 1 }, 210).getChanges();
      if (isPulled) client.sync(answer(300), 300);
      assert.equal(client.edit("a", { n: 3 }, 310).getChanges()[0]!.baseClock, clock(50));
    }
  });

  it("keeps of a document that is gone nothing but the edit that was rejected", () => {
    const client = synced({ a: { n: 1 } });
    client.edit("a", { n: 2 }, 200).getChanges();
    const rejected = [{ key: "a", code: "bad_request", error: "No." }];
    client.sync(answer(250, { rejected }), 250);
    client.prune();
    for (const millis of [300, 310]) {
      assert.deepEqual(client.getChanges(), []);
      client.sync(answer(millis), millis);
    }
    const [change] = client.edit("a", { n: 1 }, 320).getChanges();
    assert.deepEqual([change!.doc, change!.baseClock], [{ n: 1 }, clock(100)]);
  });

  it("keeps what it was given and what it gave apart from what it holds", () => {
    const client = new SyncClient("phone");
    const mine = { list: [1] };
    client.edit("a", mine, 10);
    mine.list.push(2);
    (client.get("a")!["list"] as number[]).push(3);
    assert.deepEqual(client.get("a"), { list: [1] });
  });

  it("refuses what no server would store", () => {
    const client = new SyncClient("phone");
    assert.throws(() => client.edit("a", { _rev: 1 }), { code: "document" });
    assert.throws(() => client.edit("", { n: 1 }), { code: "document" });
    for (const key of ["a\0ada", { key: "a\0ada" }]) {
      assert.throws(() => client.edit(key, { n: 1 }), { code: "document" });
    }
    assert.throws(() => new SyncClient(""), { code: "node" });
    assert.deepEqual(client.getChanges(), []);
  });
});

/** A document of Ada that may be read or written, and was edited. */
function lent(access: "read" | "write"): { client: SyncClient; plan: { key: string; owner: string } } {
  const client = synced({});
  const plan = { key: "plan", owner: "ada" };
  const change = { ...stored("plan", { n: 1, m: 1 }, 150), _owner: "ada", _access: access };
  client.sync(answer(200, { serverChanges: [change] }), 200);
  client.edit(plan, { n: 2, m: 1 }, 300);
  return { client, plan };
}

describe("answers", () => {
  it("applies documents, deletions and removals", () => {
    const client = synced({ a: { n: 1 }, b: { n: 2 } });
    const tombstone = { _key: "a", _rev: clock(150), _fieldRevs: { _deleted: clock(150) }, _deleted: true };
    const serverChanges = [tombstone, { _key: "b", _removed: true }, stored("c", { n: 3 }, 150)];
    const { changed } = client.sync(answer(200, { serverChanges }), 200);
    assert.deepEqual(changed, [{ key: "a" }, { key: "b" }, { key: "c" }]);
    assert.deepEqual([...client.documents()], [[{ key: "c" }, { n: 3 }]]);
  });

  it("keeps another user's document beside one's own", () => {
    const client = synced({ a: { n: 1 } });
    const theirs = { key: "a", owner: "ada" };
    const change = { ...stored("a", { n: 2 }, 150), _owner: "ada", _access: "write" as const };
    client.sync(answer(200, { serverChanges: [change] }), 200);
    assert.deepEqual([client.get("a"), client.get(theirs)], [{ n: 1 }, { n: 2 }]);
    assert.equal(client.access(theirs), "write");
    assert.equal(client.edit(theirs, { n: 3 }, 300).getChanges()[0]!.owner, "ada");
  });

  it("costs no answer to know other words than the server", () => {
    const client = new SyncClient("phone");
    client.edit("a", { n: 1 }, 10).getChanges();
    const shared = { ...stored("plan", { n: 1 }, 50), _owner: "ada", _access: "comment", _novelty: true };
    const report = {
      ...{ key: "a", field: "n", localRev: clock(10), remoteRev: clock(5), localValue: 1, remoteValue: 2 },
      ...{ winner: "neither", winnerValue: 3, mergeStrategy: "numbers-added", reason: "told-twice" },
    };
    const accepted = [{ key: "a", rev: clock(90) }];
    const { conflicts } = client.sync(
      answer(100, { serverChanges: [shared], accepted, conflicts: [report] }),
      100,
    );
    const plan = { key: "plan", owner: "ada" };
    assert.equal(client.access(plan), "read", "no more than that");
    assert.deepEqual(client.get(plan), { n: 1 });
    assert.deepEqual(conflicts, [report]);
    assert.deepEqual(client.pending(), []);
  });

  it("loses no edit that was made meanwhile", () => {
    const client = synced({ a: { n: 1, m: 1 } });
    client.edit("a", { n: 2, m: 1 }, 200).getChanges();
    client.edit("a", { n: 3, m: 1 }, 201);
    assert.ok(client.sync(answer(300, { accepted: [{ key: "a", rev: clock(250) }] }), 300).hasMore);
    assert.deepEqual(client.get("a"), { n: 3, m: 1 });
    const [change] = client.getChanges();
    assert.equal(change!.baseClock, clock(300), "it was made from what is stored");
    assert.equal(change!.after, undefined);
  });

  it("says what an edit was made from when the server merged meanwhile", () => {
    const client = synced({ a: { text: "x\n" } });
    client.edit("a", { text: "x\ny\n" }, 200).getChanges();
    client.edit("a", { text: "x\ny\nz\n" }, 201);
    client.sync(answer(300, { serverChanges: [stored("a", { text: "w\nx\ny\n" }, 250)] }), 300);
    const [change] = client.getChanges();
    assert.deepEqual(change!.doc, { text: "x\ny\nz\n" });
    assert.equal(change!.baseClock, clock(100));
    assert.deepEqual(change!.after, { text: stamp(200) });
  });

  it("takes a push of which the answer says nothing for lost", () => {
    const client = synced({ a: { n: 1 } });
    client.edit("a", { n: 2 }, 200).getChanges();
    client.sync(answer(300), 300);
    assert.deepEqual([client.get("a"), client.pending()], [{ n: 1 }, []]);
  });

  it("pushes word for word again what got no answer, and anew what was refused", () => {
    const client = synced({ a: { n: 1 } });
    const [first] = client.edit("a", { n: 2 }, 200).getChanges();
    client.edit("a", { n: 3 }, 201);
    assert.deepEqual(client.getChanges(), [first]);
    client.refuse();
    assert.deepEqual(client.getChanges()[0]!.doc, { n: 3 });
  });

  it("keeps a rejected document, with the reason, and lets it block no other", () => {
    const client = new SyncClient("phone");
    client.edit("bad", { n: "x" }, 10).edit("good", { n: 1 }, 11).getChanges();
    const rejection = { key: "bad", code: "schema_validation_failed", error: "Schema validation failed" };
    const result = client.sync(
      answer(100, { accepted: [{ key: "good", rev: clock(90) }], rejected: [rejection] }),
      100,
    );
    assert.deepEqual([result.rejected, result.hasMore], [[{ key: "bad" }], false]);
    assert.deepEqual(client.rejected(), [[{ key: "bad" }, rejection]]);
    assert.deepEqual(client.get("bad"), { n: "x" });
    assert.deepEqual(client.getChanges(), []);
    client.retry("bad");
    assert.equal(client.getChanges().length, 1);
    client.sync(answer(110, { rejected: [rejection] }), 110);
    client.edit("bad", { n: 2 }, 120);
    assert.deepEqual(client.rejected(), []);
    assert.deepEqual(client.getChanges()[0]!.doc, { n: 2 });
  });

  it("does not reject what was edited since it was pushed", () => {
    for (const name of [{ key: "a" }, {}]) {
      for (const doc of [{ n: 2 }, undefined]) {
        const client = new SyncClient("phone");
        client.edit("a", { n: "x" }, 10).getChanges();
        if (doc) client.edit("a", doc, 20);
        else assert.ok(client.delete("a", 20));
        const rejected = [{ ...name, code: "bad_request", error: "No." }];
        const result = client.sync(answer(100, { rejected }), 100);
        assert.deepEqual([result.rejected, result.hasMore], [[], true]);
        assert.deepEqual(client.rejected(), []);
        assert.deepEqual(
          client.getChanges().map((change) => change.doc),
          [doc],
        );
      }
    }
  });

  it("takes a rejection that names nothing for all that was not accepted", () => {
    const client = synced({ bad: { n: 1 }, good: { n: 1 } });
    for (const key of ["bad", "good"]) client.edit(key, { n: 2 }, 200);
    client.getChanges();
    const result = client.sync(
      answer(300, {
        serverChanges: [stored("bad", { n: 1, m: 1 }, 250)],
        accepted: [{ key: "good", rev: clock(290) }],
        rejected: [{ code: "bad_request", error: "No." }],
      }),
      300,
    );
    assert.deepEqual(result.rejected, [{ key: "bad" }]);
    assert.deepEqual(client.get("bad"), { n: 2, m: 1 });
    assert.deepEqual(client.pending(), [{ key: "bad" }]);
  });

  it("does not send again what was stored before its access was revoked", () => {
    const { client, plan } = lent("write");
    client.getChanges();
    const accepted = [{ ...plan, rev: clock(350) }];
    const serverChanges = [{ _key: "plan", _owner: "ada", _removed: true as const }];
    assert.ok(!client.sync(answer(400, { accepted, serverChanges }), 400).hasMore);
    assert.deepEqual([client.get(plan), client.pending()], [undefined, []]);
  });

  it("may write where it was let write", () => {
    const { client, plan } = lent("read");
    client.getChanges();
    client.sync(answer(400, { accepted: [{ ...plan, rev: clock(350) }] }), 400);
    assert.equal(client.access(plan), "write");
  });

  it("keeps the edits of a rejected document that another device changed", () => {
    const client = synced({ bad: { n: 1 }, gone: { n: 1 } });
    for (const key of ["bad", "gone", "good"]) client.edit(key, { n: 2 }, 200);
    client.getChanges();
    const refused = (key: string) => ({ key, code: "not_found", error: "No." });
    const result = client.sync(
      answer(300, {
        serverChanges: [stored("bad", { n: 1, m: 1 }, 250), { _key: "gone", _removed: true }],
        accepted: [{ key: "good", rev: clock(290) }],
        rejected: [refused("bad"), refused("gone")],
      }),
      300,
    );
    assert.deepEqual(result.rejected, [{ key: "bad" }, { key: "gone" }]);
    assert.deepEqual([client.get("bad"), client.get("gone")], [{ n: 2, m: 1 }, { n: 2 }]);
    assert.deepEqual(client.pending(), [{ key: "bad" }, { key: "gone" }]);
    client.retry("bad");
    assert.deepEqual(client.getChanges()[0]!.doc, { n: 2, m: 1 });
  });

  it("pushes nothing while pages come, and settles what was pushed with the last", () => {
    const client = synced({ a: { n: 1 } });
    client.edit("a", { n: 2 }, 200).getChanges();
    const page = answer(300, { serverChanges: [stored("b", { n: 1 }, 250)], hasMore: true });
    assert.ok(client.sync(page, 300).hasMore);
    assert.deepEqual(client.pending(), [{ key: "a" }]);
    assert.deepEqual(client.getChanges(), []);
    const last = client.sync(answer(310, { serverChanges: [stored("a", { n: 2, m: 5 }, 260)] }), 310);
    assert.equal(last.hasMore, false);
    assert.deepEqual([client.pending(), client.get("a")], [[], { n: 2, m: 5 }]);
  });

  it("has one more pull follow an interrupted one, whose pages are of when it began", () => {
    const interruptions: ((client: SyncClient) => SyncClient)[] = [
      (client) => client,
      (client) => (client.refuse(), client),
      (client) => SyncClient.fromSnapshot(client.getSnapshot())!,
    ];
    for (const interrupt of interruptions) {
      const begun = new SyncClient("phone");
      begun.getChanges();
      assert.ok(begun.sync(answer(100, { hasMore: true }), 100).hasMore);
      begun.getChanges();
      const client = interrupt(begun);
      const members = [{ hasMore: true }, {}, {}];
      const hasMore = members.map((member, index) => {
        client.getChanges();
        return client.sync(answer(110 + index, member), 110).hasMore;
      });
      assert.deepEqual(hasMore, [true, true, false]);
    }
  });

  it("changes nothing when the answer is none", () => {
    const client = synced({ a: { n: 1 } });
    const before = client.getSnapshot();
    assert.throws(() => client.sync({ error: "no" } as never), { code: "answer" });
    const broken = answer(200, {
      serverChanges: [stored("a", { n: 2 }, 150), { ...stored("b", {}, 0), _rev: "zzz" }],
    });
    assert.throws(() => client.sync(broken, 200), { code: "clock" });
    assert.deepEqual(client.getSnapshot(), before);
  });
});

describe("the device's clock", () => {
  it("stamps later than all that was seen", () => {
    const client = synced({ a: { n: 1 } });
    const revision = client.edit("a", { n: 2 }, 3).getChanges()[0]!.fieldRevs["n"]!;
    assert.ok(revision > clock(100) && revision.endsWith("-phone"));
  });

  it("moves edits that were ahead by as much as the device's time is ahead", () => {
    const client = synced({ a: { n: 1, m: 1 } });
    client
      .edit("a", { n: 2, m: 1 }, YEAR + 500)
      .edit("a", { n: 2, m: 2 }, YEAR + 600)
      .getChanges();
    const skewed = { key: "a", code: "clock_skew", error: "It is ahead.", serverTime: 1000 };
    const result = client.sync(answer(1000, { rejected: [skewed] }), YEAR + 1000);
    assert.deepEqual([result.hasMore, result.rejected], [true, []]);
    assert.deepEqual(client.getChanges()[0]!.fieldRevs, { n: stamp(500), m: stamp(600) });
    client.edit("b", { k: 1 }, YEAR + 1200);
    assert.deepEqual(client.getChanges()[1]!.fieldRevs, { k: stamp(1200) });
  });

  it("moves them after the refusal of a whole request too", () => {
    const client = new SyncClient("phone");
    client.edit("a", { n: 1 }, YEAR + 500).getChanges();
    assert.ok(client.refuse(1000, YEAR + 1000));
    assert.deepEqual(client.getChanges()[0]!.fieldRevs, { n: stamp(500) });
  });

  it("stamps edits that were ahead later than what was pushed before", () => {
    for (const pushed of [1000, 1020]) {
      const client = synced({});
      client.edit("a", { n: 1 }, pushed).getChanges();
      client.edit("a", { n: 2 }, YEAR + 800).edit("b", { n: 2 }, YEAR + 900);
      assert.deepEqual(client.getChanges()[0]!.doc, { n: 1 });
      const skewed = { key: "b", code: "clock_skew", error: "It is ahead.", serverTime: 1000 };
      const accepted = [{ key: "a", rev: clock(1200) }];
      client.sync(answer(1200, { accepted, rejected: [skewed] }), YEAR + 1100);
      const [change] = client.getChanges();
      assert.deepEqual(change!.doc, { n: 2 });
      assert.ok(change!.fieldRevs["n"]! > stamp(pushed), change!.fieldRevs["n"]);
    }
  });

  it("sends again what was made from an edit that was ahead, and may have arrived", () => {
    const client = synced({ a: { n: 1 } });
    client.edit("a", { n: 2 }, YEAR + 500).getChanges();
    client.getChanges();
    client.edit("a", { n: 3 }, YEAR + 600).refuse();
    assert.ok(client.getChanges()[0]!.after);
    const skewed = { key: "a", code: "clock_skew", error: "It is ahead.", serverTime: 1000 };
    const result = client.sync(answer(1000, { rejected: [skewed] }), YEAR + 1000);
    assert.deepEqual([result.hasMore, result.rejected], [true, []]);
    const [change] = client.getChanges();
    assert.deepEqual([change!.doc, change!.after], [{ n: 3 }, undefined]);
  });

  it("leaves a rejection that a correct clock does not mend", () => {
    const client = new SyncClient("phone");
    client.edit("a", { n: 1 }, 10).getChanges();
    const skewed = { key: "a", code: "clock_skew", error: "It is ahead.", serverTime: 1000 };
    const result = client.sync(answer(1000, { rejected: [skewed] }), 1000);
    assert.deepEqual([result.hasMore, result.rejected], [false, [{ key: "a" }]]);
  });

  it("sends what stays ahead again once, and with the next pass", () => {
    const client = new SyncClient("phone");
    client.getChanges();
    client.sync(answer(YEAR, { serverChanges: [stored("a", { n: 1 }, YEAR)] }), YEAR);
    client.edit("a", { n: 2 }, 1000);
    // The server's clock was ahead by a year, and was set right.
    const skewed = { key: "a", code: "clock_skew", error: "It is ahead.", serverTime: 1000 };
    const refusal = answer(YEAR + 1, { rejected: [skewed] });
    for (let pass = 0; pass < 2; pass++) {
      assert.equal(client.getChanges().length, 1);
      const first = client.sync(refusal, 1000);
      assert.deepEqual([first.hasMore, first.rejected], [true, []]);
      assert.equal(client.getChanges().length, 1);
      const second = client.sync(refusal, 1000);
      assert.deepEqual([second.hasMore, second.rejected], [false, [{ key: "a" }]]);
      assert.equal(client.rejected().length, 1);
    }
    assert.equal(client.getChanges().length, 1);
    const accepted = [{ key: "a", rev: clock(YEAR + 2) }];
    assert.ok(!client.sync(answer(YEAR + 2, { accepted }), YEAR + 2).hasMore);
    assert.deepEqual([client.pending(), client.rejected()], [[], []]);
  });
});

describe("resets", () => {
  it("drops what the whole state lacks after one more pull, and keeps pending edits", () => {
    const client = synced({ a: { n: 1 }, b: { n: 1 }, c: { n: 1 } });
    const reset = answer(200, { reset: true, serverChanges: [stored("a", { n: 5 }, 150)] });
    assert.ok(client.sync(reset, 200).hasMore, "one more pull is needed");
    client.edit("c", { n: 1, m: 2 }, 210);
    assert.equal([...client.documents()].length, 3);
    client.getChanges();
    assert.ok(client.sync(answer(220, { hasMore: true }), 220).hasMore);
    assert.equal([...client.documents()].length, 3, "that pull is not complete");
    const rejected = [{ key: "c", code: "bad_request", error: "No." }];
    assert.equal(client.sync(answer(230, { rejected }), 230).hasMore, false);
    assert.deepEqual(
      [client.get("a"), client.get("b"), client.get("c")],
      [{ n: 5 }, undefined, { n: 1, m: 2 }],
    );
  });

  it("gives a server that came back from a backup what it lost", () => {
    const client = synced({ kept: { n: 1 }, lost: { n: 1 } });
    const tombstone = {
      _key: "gone",
      _rev: clock(260),
      _fieldRevs: { _deleted: clock(255) },
      _deleted: true,
    };
    // What it may only read, others have to give back.
    const shown = { ...stored("shown", { n: 1 }, 250), _owner: "grace", _access: "read" as const };
    const later = [stored("lost", { n: 2 }, 250), tombstone, shown];
    client.sync(answer(300, { serverChanges: later }), 300);
    const serverChanges = [stored("kept", { n: 1 }, 50), stored("lost", { n: 1 }, 50)];
    assert.ok(client.sync(answer(400, { reset: true, healFrom: clock(100), serverChanges }), 400).hasMore);
    assert.deepEqual(client.get("lost"), { n: 2 });
    assert.deepEqual(client.getChanges(), [
      { key: "lost", doc: { n: 2 }, fieldRevs: { n: revision(250) } },
      { key: "gone", deleted: true, fieldRevs: { _deleted: clock(255) } },
    ]);
  });

  it("has an edit of a document that it did not bring made from what was there before", () => {
    const client = synced({ a: { n: 1 }, b: { n: 1 } });
    client.sync(answer(200, { reset: true, serverChanges: [stored("a", { n: 5 }, 150)] }), 200);
    client.edit("a", { n: 6 }, 210).edit("b", { n: 1, m: 2 }, 210);
    const bases = client.getChanges().map(({ key, baseClock }) => [key, baseClock]);
    assert.deepEqual(bases, [
      ["a", clock(200)],
      ["b", clock(50)],
    ]);
  });

  it("lets go what others took back before the backup, though it offered it", () => {
    const client = synced({});
    const shown = { ...stored("shown", { n: 1 }, 250), _owner: "grace", _access: "write" as const };
    client.sync(answer(300, { serverChanges: [shown] }), 300);
    client.getChanges();
    assert.ok(client.sync(answer(400, { reset: true, healFrom: clock(100) }), 400).hasMore);
    assert.equal(client.getChanges()[0]?.owner, "grace");
    const rejected = [{ key: "shown", code: "not_found", error: "No." }];
    client.sync(answer(410, { rejected }), 410);
    assert.deepEqual([[...client.documents()], [...client.rejected()]], [[], []]);
  });

  for (const healing of [{}, { healFrom: clock(100) }]) {
    const server = "healFrom" in healing ? "a server that came back" : "another server";
    it(`keeps nothing but own edits of what others took back from ${server}`, () => {
      const { client, id } = withEditOfSharedDocument();
      client.getChanges();
      const rejected = [{ ...id, code: "not_found", error: "No." }];
      assert.ok(client.sync(answer(400, { reset: true, ...healing, rejected }), 400).hasMore);
      assert.deepEqual(client.getChanges(), []);
      client.sync(answer(410), 410);
      assert.deepEqual([client.get(id), client.rejected().length], [{ mine: 2 }, 1]);
    });
  }

  for (const isBrought of [true, false]) {
    it(`${isBrought ? "keeps" : "lets go"} what a reset accepts and ${isBrought ? "" : "never "}brings`, () => {
      const { client, id } = withEditOfSharedDocument();
      client.getChanges();
      const accepted = [{ ...id, rev: clock(390) }];
      client.sync(answer(400, { reset: true, accepted, hasMore: true }), 400);
      client.getChanges();
      const shown = {
        ...stored("shown", { theirs: 1, mine: 2 }, 390),
        _owner: "grace",
        _access: "write" as const,
      };
      client.sync(answer(410, { serverChanges: isBrought ? [shown] : [] }), 410);
      client.getChanges();
      client.sync(answer(420), 420);
      assert.deepEqual([client.get(id) !== undefined, client.pending().length], [isBrought, 0]);
    });
  }

  for (const isBrought of [true, false]) {
    it(`sends again what it pushed before a reset amid pages that brings ${isBrought ? "it as it was" : "nothing"}`, () => {
      const client = synced({ a: { n: 1 } });
      const sent = client.edit("a", { n: 2 }, 200).getChanges();
      client.sync(answer(300, { hasMore: true }), 300);
      assert.deepEqual(client.getChanges(), []);
      const serverChanges = isBrought ? [stored("a", { n: 1 }, 50)] : [];
      const reset = answer(400, { reset: true, healFrom: clock(100), serverChanges });
      assert.ok(client.sync(reset, 400).hasMore);
      assert.deepEqual(client.get("a"), { n: 2 });
      assert.deepEqual(client.getChanges(), sent);
      const accepted = [{ key: "a", rev: clock(450) }];
      assert.ok(!client.sync(answer(500, { accepted }), 500).hasMore);
      assert.deepEqual([client.get("a"), client.pending()], [{ n: 2 }, []]);
    });
  }

  it("lets go what is taken back while it is offered", () => {
    const { client, id } = withEditOfSharedDocument();
    client.getChanges();
    client.sync(answer(400, { reset: true, healFrom: clock(100), hasMore: true }), 400);
    client.getChanges();
    // What was pushed was taken in. What is edited now was not.
    client.edit(id, { ...client.get(id), mine: 3 }, 405);
    const removed = { _key: "shown", _owner: "grace", _removed: true as const };
    client.sync(answer(410, { serverChanges: [removed] }), 410);
    assert.deepEqual(client.get(id), { mine: 3 });
  });
});

/** A client with an edit of a document that another lets it write. */
function withEditOfSharedDocument(): { client: SyncClient; id: DocumentId } {
  const client = synced({});
  const shown = { ...stored("shown", { theirs: 1 }, 250), _owner: "grace", _access: "write" as const };
  client.sync(answer(300, { serverChanges: [shown] }), 300);
  const id = { key: "shown", owner: "grace" };
  client.edit(id, { theirs: 1, mine: 2 }, 310);
  return { client, id };
}

/** A client that had these documents from the server at 50, in an answer at 100. */
function synced(documents: Record<string, Document>): SyncClient {
  const client = new SyncClient("phone");
  client.getChanges();
  const serverChanges = Object.entries(documents).map(([key, doc]) => stored(key, doc, 50));
  client.sync(answer(100, { serverChanges }), 100);
  return client;
}

function answer(millis: number, members: Partial<SyncAnswer> = {}): SyncAnswer {
  return { serverClock: clock(millis), ...members };
}

function stored(key: string, doc: Document, millis: number): ServerChange {
  const fields = Object.keys(doc).map((field) => [field, revision(millis)]);
  return {
    _key: key,
    _rev: clock(millis),
    _fieldRevs: Object.fromEntries(fields) as Record<string, string>,
    ...doc,
  };
}

function clock(millis: number): string {
  return HLC.create("server~1", millis);
}

function stamp(millis: number): string {
  return HLC.create("phone", millis);
}

function revision(millis: number): string {
  return HLC.create("laptop", millis);
}
