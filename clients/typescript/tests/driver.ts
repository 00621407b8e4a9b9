/**
 * Clients that do what lines of JSON on the standard input say, until it ends: the server's tests
 * (`tests/src/clients/child.rs`, which tells what the lines are) drive them.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { isDeepStrictEqual } from "node:util";
import { createInterface } from "node:readline";

import {
  type Access,
  type Collection,
  type Conflict,
  type Document,
  type DocumentId,
  type Store,
  type SyncAnswer,
  SyncClient,
  SynclineError,
  openStore,
} from "../src/index.js";
import { fileStorage } from "../src/node.js";

/** A line that opens a client. */
interface Open {
  readonly device: string;
  readonly kind: "core" | "store";
  readonly offset: number;
  readonly url: string;
  readonly token: string;
  readonly path: string;
  readonly collection: string;
  readonly organisation?: string;
  readonly page: number;
}

/** Any other line. */
interface Line extends DocumentId {
  readonly id: number;
  readonly do: "open" | "view" | "edit" | "sync" | "retry" | "prune" | "jump" | "close";
  readonly device: string;
  readonly offset: number;
  readonly old: Document | null;
  readonly new: Document | null;
}

interface View {
  readonly documents: readonly (DocumentId & {
    readonly doc: Document;
    readonly access?: Access | undefined;
  })[];
  readonly unsent: number;
  readonly rejected: readonly DocumentId[];
}

interface Client {
  view(): Promise<View>;
  /** Makes `after` of `before`; does nothing if the document is another by now. */
  edit(document: DocumentId, before: Document | null, after: Document | null): Promise<boolean>;
  sync(): Promise<void>;
  retry(document: DocumentId): Promise<void>;
  close(): Promise<void>;
}

/** The core alone, connected with the server by a loop as in the guide. */
class CoreClient implements Client {
  #client: SyncClient;

  constructor(
    readonly options: Open,
    readonly report: (conflict: Conflict) => void,
    kept: SyncClient | undefined,
  ) {
    this.#client = SyncClient.fromSnapshot(kept?.getSnapshot()) ?? new SyncClient(options.device);
  }

  /** What it leaves to the next program, and what can be pruned. */
  get core(): SyncClient {
    return this.#client;
  }

  view(): Promise<View> {
    const documents = [...this.#client.documents()].map(([id, doc]) => ({
      ...id,
      doc,
      access: this.#client.access(id),
    }));
    const rejected = this.#client.rejected().map(([id]) => id);
    return Promise.resolve({ documents, unsent: this.#client.pending().length, rejected });
  }

  edit(document: DocumentId, _before: Document | null, after: Document | null): Promise<boolean> {
    if (after === null) return Promise.resolve(this.#client.delete(document));
    this.#client.edit(document, after);
    return Promise.resolve(true);
  }

  async sync(): Promise<void> {
    let isCorrected = false;
    for (let hasMore = true; hasMore;) {
      const response = await this.#post();
      if (response.ok) {
        const { conflicts, ...result } = this.#client.sync((await response.json()) as SyncAnswer);
        conflicts.forEach(this.report);
        hasMore = result.hasMore;
        continue;
      }
      const { error, serverTime } = (await response.json()) as { error: string; serverTime?: number };
      if (response.status >= 500) throw new SynclineError("unavailable", error);
      const isRenewed = this.#client.refuse(serverTime);
      if (!isRenewed || isCorrected) throw new SynclineError("refused", error, { status: response.status });
      isCorrected = true;
    }
  }

  retry(document: DocumentId): Promise<void> {
    return Promise.resolve(this.#client.retry(document));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #post(): Promise<Response> {
    const { url, token, organisation, collection, page } = this.options;
    return fetch(`${url}/todo/sync`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Authorization: `Bearer ${token}`,
        ...(organisation !== undefined && { "X-Org-Id": organisation }),
      },
      body: JSON.stringify(this.#client.getRequest(collection, page)),
    });
  }
}

/** A store with a file. */
class StoreClient implements Client {
  private constructor(
    readonly store: Store,
    readonly collection: Collection,
  ) {}

  static async open(options: Open, report: (conflict: Conflict) => void): Promise<StoreClient> {
    const { url, token, path, organisation, page } = options;
    const store = await openStore({
      url,
      app: "todo",
      token,
      storage: fileStorage(path),
      pageSize: page,
      pollInterval: Infinity,
    });
    store.on("conflict", ({ conflict }) => report(conflict));
    const scope = organisation === undefined ? {} : { org: organisation };
    return new StoreClient(store, store.collection(options.collection, scope));
  }

  async view(): Promise<View> {
    const found = await this.collection.query();
    const documents = found.map(({ doc, access, key, owner }) => ({
      key,
      ...(owner !== undefined && { owner }),
      doc,
      access,
    }));
    return { documents, unsent: await this.store.unsent(), rejected: await this.collection.rejected() };
  }

  async edit(document: DocumentId, before: Document | null, after: Document | null): Promise<boolean> {
    if (after === null) return this.collection.delete(document);
    if (before === null) {
      await this.collection.set(document, after);
      return true;
    }
    let isDone = false;
    await this.collection.update(document, (doc) => {
      isDone = isDeepStrictEqual(doc, before);
      return isDone ? after : doc;
    });
    return isDone;
  }

  sync(): Promise<void> {
    return this.store.sync();
  }

  retry(document: DocumentId): Promise<void> {
    return this.collection.retry(document);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

/** Each client has a clock of its own, which everything that it began reads. */
const clock = new AsyncLocalStorage<{ offset: number }>();
const systemTime = Date.now.bind(Date);
Date.now = () => systemTime() + (clock.getStore()?.offset ?? 0);

const clients = new Map<string, { client: Client; clock: { offset: number } }>();
/** What cores leave behind when they end. */
const kept = new Map<string, SyncClient>();

async function open(line: Open): Promise<void> {
  const { device, kind, offset } = line;
  const report = (conflict: Conflict) => say({ device, conflict });
  const own = { offset };
  const client = await clock.run(own, () =>
    kind === "store"
      ? StoreClient.open(line, report)
      : Promise.resolve(new CoreClient(line, report, kept.get(device))),
  );
  clients.set(device, { client, clock: own });
}

async function close(device: string, client: Client): Promise<void> {
  await client.close();
  if (client instanceof CoreClient) kept.set(device, client.core);
  clients.delete(device);
}

async function run(line: Line): Promise<unknown> {
  if (line.do === "open") return open(line as unknown as Open);
  const opened = clients.get(line.device);
  if (!opened) throw new SynclineError("closed", "it was not opened");
  const { client, clock: own } = opened;
  const document = { key: line.key, ...(line.owner !== undefined && { owner: line.owner }) };
  return clock.run(own, () => {
    switch (line.do) {
      case "view":
        return client.view();
      case "edit":
        return client.edit(document, line.old, line.new);
      case "sync":
        return client.sync();
      case "retry":
        return client.retry(document);
      case "prune":
        if (client instanceof CoreClient) client.core.prune();
        return undefined;
      case "jump":
        own.offset = line.offset;
        return undefined;
      default:
        return close(line.device, client);
    }
  });
}

/** What an error means: the network, the organisation, an earlier process, or something that should not be. */
function codeOf(error: unknown): string {
  if (!(error instanceof SynclineError)) return error instanceof TypeError ? "away" : "wrong";
  if (error.code === "closed") return "killed";
  if (["network", "unavailable"].includes(error.code)) return "away";
  if (error.status === 401) return "gone";
  return error.status === 403 ? "outside" : "wrong";
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

for await (const text of createInterface(process.stdin)) {
  const line = JSON.parse(text) as Line;
  void run(line).then(
    (result) => say({ id: line.id, result: result ?? null }),
    (error: unknown) => say({ id: line.id, error: String(error), code: codeOf(error) }),
  );
}
process.exit();
