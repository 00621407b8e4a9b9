import { SynclineError } from "../core/error.js";
import type { Entry } from "../core/replica.js";
import {
  type Change,
  type Check,
  type Loaded,
  type ScopeRecord,
  type Storage,
  type Wanted,
  type Written,
  waitsAs,
} from "./storage.js";

const VERSION = 1;
const SCOPES = "scopes";
const DOCUMENTS = "documents";
const WAITING = "waiting";
const ATTEMPTS = 4;

/**
 * Keeps the documents in the database `name`, for the `storage` option of `openStore`: where two
 * stores of one user in one application are to know nothing of each other.
 */
export function indexedDbStorage(name: string): () => Promise<Storage> {
  return () => IndexedDbStorage.open(name);
}

interface Row {
  readonly scope: string;
  readonly id: string;
  readonly entry: Entry;
  readonly waits?: "unsent" | "rejected";
}

/**
 * Keeps everything in an IndexedDB database, which all tabs of an origin share. Browsers kill the
 * connection now and then (Safari often); it is opened again, and what was under way is repeated.
 */
export class IndexedDbStorage implements Storage {
  readonly sharedAs: string;
  #database: Promise<IDBDatabase> | undefined;
  #isClosed = false;
  #isWiped = false;

  private constructor(name: string) {
    this.sharedAs = name;
  }

  /** Opens the database, and creates it if there is none. */
  static async open(name: string): Promise<IndexedDbStorage> {
    const storage = new IndexedDbStorage(name);
    await storage.#withDatabase(() => Promise.resolve());
    return storage;
  }

  scopes(): Promise<string[]> {
    return this.#transact("readonly", async (transaction) => {
      const keys = await resultOf(transaction.objectStore(SCOPES).getAllKeys());
      return keys as string[];
    });
  }

  read(scope: string, wanted: Wanted): Promise<Loaded> {
    return this.#transact("readonly", (transaction) => load(transaction, scope, wanted));
  }

  page(scope: string, after: string | undefined, limit: number): Promise<[string, Entry][]> {
    return this.#transact("readonly", async (transaction) => {
      const range = IDBKeyRange.bound([scope, after ?? ""], [scope, []], after !== undefined);
      const rows = await resultOf<Row[]>(transaction.objectStore(DOCUMENTS).getAll(range, limit));
      return rows.map(({ id, entry }) => [id, entry]);
    });
  }

  update<T>(scope: string, wanted: Wanted, change: (loaded: Loaded) => Change<T>): Promise<T> {
    return this.#transact("readwrite", async (transaction) => {
      const { written, result } = change(await load(transaction, scope, wanted));
      if (this.#isWiped) throw closedError();
      if (written) write(transaction, scope, written);
      return result;
    });
  }

  drop(scopes: readonly string[], check?: Check): Promise<void> {
    return this.#transact("readwrite", async (transaction) => {
      if (check) await checkWaiting(transaction, scopes, check);
      for (const scope of scopes) {
        transaction.objectStore(SCOPES).delete(scope);
        transaction.objectStore(DOCUMENTS).delete(rangeOf(scope));
      }
    });
  }

  async wipe(check?: Check): Promise<void> {
    await this.#transact("readwrite", async (transaction) => {
      const scopes = transaction.objectStore(SCOPES);
      if (check) await checkWaiting(transaction, (await resultOf(scopes.getAllKeys())) as string[], check);
      scopes.clear();
      transaction.objectStore(DOCUMENTS).clear();
      // What waits for this transaction comes too late.
      this.#isWiped = true;
    }).catch((error: unknown) => {
      this.#isWiped = false;
      throw error;
    });
    await this.close();
    // Other tabs close their connections when they hear of it; the browser deletes it after that.
    indexedDB.deleteDatabase(this.sharedAs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const database = await this.#database?.catch(() => undefined);
    this.#database = undefined;
    database?.close();
  }

  /** Runs `work` in a transaction, and resolves when that is on the disk. */
  #transact<T>(mode: IDBTransactionMode, work: (transaction: IDBTransaction) => Promise<T>): Promise<T> {
    return this.#withDatabase(async (database) => {
      const transaction = database.transaction([SCOPES, DOCUMENTS], mode, { durability: "strict" });
      const end = endOf(transaction);
      try {
        const result = await work(transaction);
        transaction.commit?.();
        await end;
        return result;
      } catch (error) {
        abort(transaction);
        // What a transaction that is aborted from outside fails with tells nothing; its own error does.
        throw isAbort(error) ? await end.catch((reason: unknown) => reason) : error;
      }
    });
  }

  async #withDatabase<T>(work: (database: IDBDatabase) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (this.#isClosed) throw closedError();
      try {
        return await work(await this.#connect());
      } catch (error) {
        if (attempt >= ATTEMPTS || !isConnectionLoss(error)) throw storageError(error);
        this.#disconnect();
        await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
      }
    }
  }

  #connect(): Promise<IDBDatabase> {
    this.#database ??= this.#open();
    return this.#database;
  }

  #open(): Promise<IDBDatabase> {
    const database = openDatabase(this.sharedAs, {
      onLoss: () => this.#disconnect(),
      onDeletion: () => void this.close(),
    });
    // What is in the way may be gone when the next operation tries.
    database.catch(() => {
      if (this.#database === database) this.#database = undefined;
    });
    return database;
  }

  #disconnect(): void {
    const database = this.#database;
    this.#database = undefined;
    database?.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }
}

/** What becomes of a connection. */
interface ConnectionListener {
  /** It is gone, or in the way of a later version. */
  onLoss(): void;
  /** Another tab deletes the database, since the user signed out: whoever opened it again would bring it back. */
  onDeletion(): void;
}

function openDatabase(name: string, listener: ConnectionListener): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(SCOPES);
      const documents = request.result.createObjectStore(DOCUMENTS, { keyPath: ["scope", "id"] });
      documents.createIndex(WAITING, ["scope", "waits"]);
    };
    request.onerror = () => reject(request.error ?? new Error("the database could not be opened"));
    request.onsuccess = () => {
      request.result.onclose = () => listener.onLoss();
      request.result.onversionchange = ({ newVersion }) =>
        newVersion === null ? listener.onDeletion() : listener.onLoss();
      resolve(request.result);
    };
  });
}

async function load(transaction: IDBTransaction, scope: string, wanted: Wanted): Promise<Loaded> {
  const documents = transaction.objectStore(DOCUMENTS);
  const waiting = documents.index(WAITING);
  const { waitingOf = [], unsent = 0, rejected = false, all = false } = wanted;
  const ids = all ? [] : [...(wanted.ids ?? []), ...(await waitingAmong(waiting, scope, waitingOf))];
  const rows: Promise<(Row | undefined)[]>[] = all
    ? [resultOf(documents.getAll(rangeOf(scope)))]
    : ids.map((id) => resultOf<Row | undefined>(documents.get([scope, id])).then((row) => [row]));
  const limit = Number.isFinite(unsent) ? unsent : undefined;
  if (unsent > 0 && !all) rows.push(resultOf(waiting.getAll([scope, "unsent"], limit)));
  if (rejected && !all) rows.push(resultOf(waiting.getAll([scope, "rejected"])));
  const record = resultOf<ScopeRecord | undefined>(transaction.objectStore(SCOPES).get(scope));
  const found = (await Promise.all(rows)).flat().filter((row) => row !== undefined);
  return { record: await record, entries: new Map(found.map(({ id, entry }) => [id, entry])) };
}

/**
 * Those of `ids` that wait for the server. To read the few keys of an index is much faster than to ask
 * for each document.
 */
async function waitingAmong(waiting: IDBIndex, scope: string, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const found = new Set(await waitingIn(waiting, scope));
  return ids.filter((id) => found.has(id));
}

async function waitingIn(waiting: IDBIndex, scope: string): Promise<string[]> {
  const keys = (await resultOf(waiting.getAllKeys(rangeOf(scope)))) as [scope: string, id: string][];
  return keys.map(([, id]) => id);
}

async function checkWaiting(
  transaction: IDBTransaction,
  scopes: readonly string[],
  check: Check,
): Promise<void> {
  const index = transaction.objectStore(DOCUMENTS).index(WAITING);
  for (const scope of scopes) check(scope, await waitingIn(index, scope));
}

/** Every key that begins with `scope`. */
function rangeOf(scope: string): IDBKeyRange {
  return IDBKeyRange.bound([scope], [scope, []]);
}

function write(transaction: IDBTransaction, scope: string, { record, entries }: Written): void {
  const documents = transaction.objectStore(DOCUMENTS);
  transaction.objectStore(SCOPES).put(record, scope);
  for (const [id, entry] of entries) {
    if (entry) documents.put(rowOf(scope, id, entry));
    else documents.delete([scope, id]);
  }
}

function rowOf(scope: string, id: string, entry: Entry): Row {
  const waits = waitsAs(entry);
  return { scope, id, entry, ...(waits && { waits }) };
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("a request to the database failed"));
  });
}

function endOf(transaction: IDBTransaction): Promise<void> {
  const end = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () =>
      reject(transaction.error ?? new DOMException("the connection was lost", "AbortError"));
  });
  // Whoever waits for it handles it; the failure of the work itself comes first.
  end.catch(() => undefined);
  return end;
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Whether the browser took the connection away, rather than refused what was asked of it. */
function isConnectionLoss(error: unknown): boolean {
  return (
    error instanceof DOMException && ["InvalidStateError", "AbortError", "UnknownError"].includes(error.name)
  );
}

function storageError(cause: unknown): unknown {
  if (!(cause instanceof DOMException)) return cause;
  switch (cause.name) {
    case "QuotaExceededError":
      return new SynclineError(
        "quota",
        "this device has no room left for the change: free some space, then try again; nothing was lost",
        { cause },
      );
    case "SecurityError":
    case "NotAllowedError":
      return blockedError(cause);
    case "VersionError":
      return new SynclineError(
        "storage",
        "a newer version of this page changed the local database: reload the page",
        { cause },
      );
    default:
      return new SynclineError("storage", `the browser's database failed: ${cause.message}`, { cause });
  }
}

function closedError(): SynclineError {
  return new SynclineError("closed", "the store is closed: open it again");
}

/** The browser has a database, and keeps the page from it. */
export function blockedError(cause?: unknown): SynclineError {
  return new SynclineError(
    "blocked",
    "this browser does not let the page keep data: allow it for this site, or leave private browsing",
    { cause },
  );
}
