import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";

import type { Fetch, SyncRequest } from "../src/index.js";
import { Session } from "../src/store/session.js";
import { Transport } from "../src/store/transport.js";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

describe("a token that is set while a request is under way", () => {
  it("is not replaced by one that prolongs the session before", async () => {
    for (const isSet of [false, true]) {
      const session = new Session("old", "ada", undefined, () => undefined);
      const fetch: Fetch = () => {
        if (isSet) session.renew("new");
        const headers = { "X-Auth-Token": "prolonged" };
        return Promise.resolve(Response.json({ serverClock: clock() }, { headers }));
      };
      const transport = new Transport("http://sync.example", "notes", session, fetch);
      await transport.sync(request(), undefined, new AbortController().signal);
      assert.equal(session.token, isSet ? "new" : "prolonged");
    }
  });
});

describe("requests that are refused together", () => {
  it("ask once for a token, and later ones again", async () => {
    let questions = 0;
    const getToken = () => {
      questions++;
      return Promise.reject(new Error("nobody is there"));
    };
    const refusals: (() => void)[] = [];
    const fetch: Fetch = () =>
      new Promise((resolve) => refusals.push(() => resolve(Response.json({}, { status: 401 }))));
    const session = new Session("old", "ada", getToken, () => undefined);
    const transport = new Transport("http://sync.example", "notes", session, fetch);
    const send = () => transport.sync(request(), undefined, new AbortController().signal);
    const requests = [send(), send()];
    for (const [index, sent] of requests.entries()) {
      refusals[index]!();
      await assert.rejects(sent, { code: "unauthorized", message: /`getToken` gave no new token/ });
    }
    assert.equal(questions, 1);
    const later = send();
    refusals[2]!();
    await assert.rejects(later, { code: "unauthorized" });
    assert.equal(questions, 2);
  });
});

describe("a new sign-in while the application is asked for a token", () => {
  it("goes before the question, and before what it is answered", async () => {
    const answers: ((token: string) => void)[] = [];
    const getToken = () => new Promise<string>((resolve) => answers.push(resolve));
    const tokens: string[] = [];
    const fetch: Fetch = (_, { headers }) => {
      const { Authorization } = headers as Record<string, string>;
      tokens.push(Authorization!);
      if (Authorization !== "Bearer new") return Promise.resolve(Response.json({}, { status: 401 }));
      return Promise.resolve(Response.json({ serverClock: clock() }));
    };
    const session = new Session("old", "ada", getToken, () => undefined);
    const transport = new Transport("http://sync.example", "notes", session, fetch);
    const send = () => transport.sync(request(), undefined, new AbortController().signal);
    const sent = [send(), send()];
    await new Promise(setImmediate);
    session.renew("new");
    await new Promise(setImmediate);
    assert.deepEqual(tokens, ["Bearer old", "Bearer old", "Bearer new", "Bearer new"]);
    await Promise.all(sent);
    answers[0]!("late");
    await new Promise(setImmediate);
    assert.deepEqual([session.token, session.isAsking, answers.length], ["new", false, 1]);
  });
});

describe("what is no answer of a server", () => {
  const cases = [
    { status: 200, body: null, code: "answer", message: /check the URL/ },
    { status: 502, body: null, code: "unavailable", message: /: HTTP status 502$/ },
    { status: 403, body: { error: { message: "No." } }, code: "refused", message: /: HTTP status 403$/ },
  ];
  for (const { status, body, code, message } of cases) {
    it(`is told as such: ${status} ${JSON.stringify(body)}`, async () => {
      const fetch: Fetch = () => Promise.resolve(Response.json(body, { status }));
      const session = new Session("", "ada", undefined, () => undefined);
      const transport = new Transport("http://sync.example", "notes", session, fetch);
      const coming = transport.sync(request(), undefined, new AbortController().signal);
      await assert.rejects(coming, { name: "SynclineError", code, message });
    });
  }
});

describe("a slow line", () => {
  const answer = new TextEncoder().encode(JSON.stringify({ serverClock: clock(), serverChanges: [] }));

  it("has as long as it takes for an answer that comes", async () => {
    const server = new SlowServer();
    const coming = server.sync(request());
    server.answer();
    for (const [at] of answer.entries()) {
      server.send(answer.subarray(at, at + 1));
      await pass(50);
    }
    server.end();
    assert.equal((await coming).serverClock, clock());
  });

  it("is given up when it is silent for a minute", async () => {
    const server = new SlowServer();
    const rejected = assert.rejects(server.sync(request()), { code: "network" });
    server.answer();
    server.send(answer.subarray(0, 5));
    await pass(59);
    assert.equal(server.isGivenUp, false);
    await pass(2);
    assert.equal(server.isGivenUp, true);
    await rejected;
  });

  it("has longer for what takes long to send", async () => {
    const large = new SlowServer();
    const small = new SlowServer();
    const coming = [large.sync(request("x".repeat(400_000))), small.sync(request())];
    const ends = Promise.allSettled(coming);
    await pass(61);
    assert.deepEqual([large.isGivenUp, small.isGivenUp], [false, true]);
    await pass(90);
    assert.equal(large.isGivenUp, false);
    await pass(10);
    assert.equal(large.isGivenUp, true);
    assert.deepEqual(
      (await ends).map(({ status }) => status),
      ["rejected", "rejected"],
    );
  });
});

describe("a stream of live pokes", () => {
  it("is given up when it does not open within a minute", async () => {
    const server = new SlowServer();
    const rejected = assert.rejects(server.events(), { code: "network" });
    await pass(59);
    assert.equal(server.isGivenUp, false);
    await pass(2);
    assert.equal(server.isGivenUp, true);
    await rejected;
  });

  it("stays open for any time", async () => {
    const server = new SlowServer();
    const opening = server.events();
    server.answer();
    await opening;
    await pass(600);
    assert.equal(server.isGivenUp, false);
  });
});

/** A server at the other end of a slow line. */
class SlowServer {
  #signal!: AbortSignal;
  #body!: ReadableStreamDefaultController<Uint8Array>;
  #respond!: (response: Response) => void;

  readonly #fetch: Fetch = (_, { signal }) => {
    this.#signal = signal!;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#body = controller) });
    return new Promise((resolve, reject) => {
      this.#respond = () => resolve(new Response(body));
      this.#signal.addEventListener("abort", () => {
        reject(this.#signal.reason as Error);
        this.#body.error(this.#signal.reason);
      });
    });
  };

  get isGivenUp(): boolean {
    return this.#signal.aborted;
  }

  sync(body: SyncRequest) {
    return this.#transport().sync(body, undefined, new AbortController().signal);
  }

  events() {
    return this.#transport().events(new AbortController().signal);
  }

  answer(): void {
    this.#respond(new Response());
  }

  send(bytes: Uint8Array): void {
    this.#body.enqueue(bytes);
  }

  end(): void {
    this.#body.close();
  }

  #transport(): Transport {
    const session = new Session("", "ada", undefined, () => undefined);
    return new Transport("http://sync.example", "notes", session, this.#fetch);
  }
}

/** Lets seconds pass, and whatever waits for them be done. */
async function pass(seconds: number): Promise<void> {
  await new Promise(setImmediate);
  mock.timers.tick(seconds * 1000);
  await new Promise(setImmediate);
}

function request(text = ""): SyncRequest {
  const change = { key: "a", doc: { text } };
  return { collection: "notes", clientClock: clock(), changes: [change] } as unknown as SyncRequest;
}

function clock(): string {
  return "0000000000064-000000-server~1";
}
