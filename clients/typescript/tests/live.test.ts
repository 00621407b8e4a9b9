import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";

import { type Fetch, type SyncAnswer, HLC } from "../src/index.js";
import { LivePokes, readEvents } from "../src/store/live.js";
import { Session } from "../src/store/session.js";
import { Transport } from "../src/store/transport.js";
import { eventually } from "./eventually.js";
import { openStore } from "./stores.js";

const ignore = () => undefined;
const never = new AbortController().signal;
const listener = { onPoke: ignore, onPokeOfAll: ignore, onStream: ignore };
const options = { url: "http://sync.example", app: "notes", token: "", user: "ada", pollInterval: Infinity };

describe("live pokes", () => {
  it("are pulled as soon as they come, over streams that are opened again", async () => {
    const server = new LiveServer();
    const store = await openStore({ ...options, fetch: server.fetch });
    store.collection("notes");
    await eventually(
      () => server.streams.length === 1 && store.status.state === "idle",
      "the stream is open",
    );
    await eventually(() => server.pulls.length > 0, "the first pull");
    await pause();
    const before = server.pulls.length;
    server.streams[0]!.enqueue(
      encode('retry: 1000\n\n: awake\n\nevent: change\ndata: {"collection":"notes"}\n\n'),
    );
    await eventually(() => server.pulls.length === before + 1, "the poke is pulled");
    server.streams[0]!.enqueue(encode('event: change\ndata: {"collection":"of nobody"}\n\n'));
    await pause();
    assert.equal(server.pulls.length, before + 1);
    server.streams[0]!.enqueue(encode("event: change\ndata: {}\n\n"));
    await eventually(() => server.pulls.length === before + 2, "anything may have changed");
    server.streams[0]!.enqueue(encode("event: novelty\ndata: [1]\n\n"));
    await pause();
    assert.equal(server.pulls.length, before + 2, "what only a later client knows is none");
    server.streams[0]!.enqueue(encode("event: change\ndata: notes\n\n"));
    await eventually(() => server.pulls.length === before + 3, "what cannot be read may be anything");
    assert.equal(server.streams.length, 1, "the stream goes on");
    const earlier = server.pulls.length;
    server.streams[0]!.close();
    await eventually(() => server.streams.length === 2, "the stream is opened again");
    await eventually(() => server.pulls.length > earlier, "what was missed is pulled");
    assert.ok(server.headers.every(({ Authorization }) => Authorization === "Bearer "));
    await store.close();
  });

  it("are listened to as soon as the user has signed in anew", async () => {
    const server = new LiveServer();
    server.accepted = "Bearer new";
    const store = await openStore({ ...options, fetch: server.fetch });
    await eventually(() => server.headers.length === 1, "the stream is refused");
    store.setToken("new");
    await eventually(() => server.streams.length === 1, "the stream is open");
    await store.close();
  });

  it("are done without where the server has none", async () => {
    const server = new LiveServer();
    server.hasPokes = false;
    const store = await openStore({ ...options, pollInterval: 20, fetch: server.fetch });
    store.collection("notes");
    await eventually(() => server.pulls.length > 3, "it goes on pulling");
    assert.equal(server.headers.length, 1);
    await store.close();
  });
});

describe("a stream that cannot be opened", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  for (const [status, seconds] of [
    [401, 59],
    [503, 599],
    [404, 3599],
  ] as const) {
    it(`is left alone as long as the error says: ${status}`, async () => {
      let requests = 0;
      const fetch: Fetch = () => {
        requests++;
        const headers: HeadersInit = status === 503 ? { "Retry-After": "600" } : {};
        return Promise.resolve(Response.json({}, { status, headers }));
      };
      const transport = new Transport(options.url, "notes", new Session("", "ada", undefined, ignore), fetch);
      const stop = new AbortController();
      const listening = new LivePokes(transport, listener, stop.signal).listen();
      for (let second = 0; second < seconds; second++) {
        await new Promise((resolve) => setImmediate(resolve));
        mock.timers.tick(1_000);
      }
      assert.equal(requests, 1);
      await turns();
      mock.timers.tick(2_000);
      await turns();
      assert.equal(requests, 2, "it is asked for again");
      stop.abort();
      await listening;
    });
  }

  it("is opened at once after a new sign-in, though the server seemed to have none", async () => {
    const server = new LiveServer();
    server.hasPokes = false;
    const session = new Session("", "ada", undefined, ignore);
    const stop = new AbortController();
    const transport = new Transport(options.url, "notes", session, server.fetch);
    const pokes = new LivePokes(transport, listener, stop.signal);
    const listening = pokes.listen();
    await turns();
    server.hasPokes = true;
    pokes.hurry();
    await turns();
    assert.deepEqual([server.headers.length, server.streams.length], [2, 1]);
    stop.abort();
    await listening;
  });

  it("is opened at once after a new sign-in, also one that came before the pause", async () => {
    const session = new Session("", "ada", undefined, ignore);
    const tokens: string[] = [];
    const fetch: Fetch = (_, { headers }) => {
      tokens.push((headers as Record<string, string>)["Authorization"]!);
      const refusal = new Response(null, { status: 401 });
      // What the second refusal says is read when the user has signed in once more.
      if (tokens.length === 2) refusal.json = () => signIn("newer").then(() => ({}));
      return Promise.resolve(refusal);
    };
    const stop = new AbortController();
    const pokes = new LivePokes(new Transport(options.url, "notes", session, fetch), listener, stop.signal);
    const signIn = async (token: string) => {
      session.renew(token);
      pokes.hurry();
    };
    const listening = pokes.listen();
    await turns();
    assert.deepEqual(tokens, ["Bearer "]);
    await signIn("new");
    await turns();
    assert.deepEqual(tokens, ["Bearer ", "Bearer new", "Bearer newer"]);
    stop.abort();
    await listening;
  });
});

describe("a stream that ends", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });

  it("is opened again soon, and less often while it ends at once", async () => {
    let now = 0;
    mock.method(performance, "now", () => now);
    const server = new LiveServer();
    const transport = new Transport(
      options.url,
      "notes",
      new Session("", "ada", undefined, ignore),
      server.fetch,
    );
    const stop = new AbortController();
    const listening = new LivePokes(transport, listener, stop.signal).listen();
    const pass = async (seconds: number) => {
      await turns();
      now += seconds * 1_000;
      mock.timers.tick(seconds * 1_000);
      await turns();
    };
    await turns();
    for (let second = 0; second < 60; second++) {
      server.streams.pop()?.close();
      await pass(1);
    }
    const { length } = server.headers;
    assert.ok(length > 7 && length < 20, `${length} streams`);
    for (let second = 0; second < 8 && server.streams.length === 0; second++) await pass(1);
    await pass(6);
    server.streams.pop()!.close();
    await pass(1);
    assert.equal(server.streams.length, 1, "after one that lasted, it is opened within a second");
    stop.abort();
    await listening;
  });
});

describe("server-sent events", () => {
  it("are read whatever the pieces they come in", async () => {
    const text = ": hello\r\n\r\nevent: change\r\ndata: {\ndata: }\n\ndata:ü\n\nevent: none\n\n";
    for (let size = 1; size < 12; size++) {
      const bytes = encode(text);
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.slice(index * size, (index + 1) * size),
      );
      const events: string[][] = [];
      await readEvents(streamOf(pieces), (name, data) => events.push([name, data]), never);
      assert.deepEqual(events, [
        ["change", "{\n}"],
        ["message", "ü"],
      ]);
    }
  });

  it("end when nothing comes for too long, or when they are stopped", async () => {
    for (const [signal, silence] of [
      [never, 20],
      [AbortSignal.timeout(20), 60_000],
    ] as const) {
      let isCancelled = false;
      const silent = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) });
      await readEvents(silent, () => undefined, signal, silence);
      assert.ok(isCancelled);
    }
  });
});

/** A server that has no documents, and pokes. */
class LiveServer {
  hasPokes = true;
  /** The only authorization that it accepts, if there is one. */
  accepted: string | undefined;
  readonly streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  readonly headers: Record<string, string>[] = [];
  readonly pulls: string[] = [];

  readonly fetch: Fetch = (url, init) => {
    if (url === "http://sync.example/notes/sync") return this.#sync(init);
    assert.equal(url, "http://sync.example/notes/events");
    const headers = init.headers as Record<string, string>;
    this.headers.push(headers);
    if (headers["Authorization"] !== (this.accepted ?? headers["Authorization"])) {
      return Promise.resolve(Response.json({}, { status: 401 }));
    }
    if (!this.hasPokes) return Promise.resolve(Response.json({ error: "no such page" }, { status: 404 }));
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void this.streams.push(controller),
    });
    return Promise.resolve(new Response(body));
  };

  #sync({ body }: RequestInit): Promise<Response> {
    this.pulls.push(body as string);
    const answer: SyncAnswer = {
      serverClock: HLC.create("server~1", 1000),
      serverChanges: [],
      conflicts: [],
    };
    return Promise.resolve(Response.json(answer));
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200));
}

/** Lets all that waits for no time be done. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
