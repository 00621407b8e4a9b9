import { SynclineError } from "../core/error.js";
import { IndexedDbStorage, blockedError } from "../storage/indexeddb.js";
import { MemoryStorage } from "../storage/memory.js";
import type { Storage } from "../storage/storage.js";
import type { GetToken } from "./session.js";
import { type Fetch, baseOf } from "./transport.js";

/** How to open a store. */
export interface StoreOptions {
  /** Where the server is, such as `https://sync.example.org`. */
  readonly url: string;
  /** Which of its applications. */
  readonly app: string;
  /** The session's token, an expired one included: it tells whose documents these are. */
  readonly token: string;
  /** The user, for tokens that do not tell. Where they do, it is the same, or what the server calls it. */
  readonly user?: string;
  /**
   * Gives a new token when the server no longer accepts the old one. What it gives is dropped if another one
   * is set meanwhile.
   */
  readonly getToken?: GetToken;
  /** Opens where the documents are kept: IndexedDB in browsers, or else memory. */
  readonly storage?: () => Promise<Storage>;
  /** How often to pull without live pokes, in milliseconds; a minute by default, `Infinity` is never. */
  readonly pollInterval?: number;
  /** How many documents the server sends at a time, 1 to 5,000; 500 by default. */
  readonly pageSize?: number;
  /** The `fetch` to use. */
  readonly fetch?: Fetch;
}

/** How often to pull without live pokes, unless the application decides. */
export const POLL_INTERVAL = 60_000;

/** How many documents the server sends at a time, unless the application decides. */
export const PAGE_DOCUMENTS = 500;

/** More than so many, no server sends at a time. */
const MOST_PAGE_DOCUMENTS = 5_000;

/** Throws for what every request would be refused for, and with it the documents that it pushes. */
export function assertPageSize({ pageSize = PAGE_DOCUMENTS }: StoreOptions): void {
  if (Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= MOST_PAGE_DOCUMENTS) return;
  throw new SynclineError("options", `\`pageSize\` is a number from 1 to ${MOST_PAGE_DOCUMENTS}`);
}

/** Throws for what would have the server asked without a pause. */
export function assertPollInterval({ pollInterval = POLL_INTERVAL }: StoreOptions): void {
  if (pollInterval > 0) return;
  throw new SynclineError(
    "options",
    "`pollInterval` is a number of milliseconds above 0; `Infinity` is never",
  );
}

/** Opens where the documents of `user` are kept. */
export function openStorage({ url, app, storage }: StoreOptions, user: string): Promise<Storage> {
  return storage ? storage() : defaultStorage(`syncline:${baseOf(url)}/${app}:${user}`);
}

/** A browser without IndexedDB forbids it; other programs merely have none. */
async function defaultStorage(name: string): Promise<Storage> {
  if ("indexedDB" in globalThis) return IndexedDbStorage.open(name);
  if ("document" in globalThis) throw blockedError();
  return new MemoryStorage();
}
