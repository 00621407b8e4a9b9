/**
 * An offline-first client for Syncline.
 *
 * `openStore` is the whole client: durable documents, synchronised by themselves. `SyncClient` is its
 * core alone, without storage or network, for those who bring their own.
 */

export {
  SyncClient,
  type DocumentRef,
  type DocumentState,
  type Snapshot,
  type SyncResult,
} from "./core/client.js";
export { type Difference, type Leaves, diff, flatten, unflatten } from "./core/document.js";
export { type Detail, type ErrorCode, SynclineError } from "./core/error.js";
export * as HLC from "./core/hlc.js";
export type { Document, Json } from "./core/json.js";
export { type Path, keysOf, pathOf } from "./core/path.js";
export type {
  Accepted,
  Access,
  Conflict,
  DocumentChange,
  DocumentId,
  LaterWord,
  Rejection,
  ServerChange,
  SyncAnswer,
  SyncRequest,
} from "./core/wire.js";
export { type Clocks, Collection, type Patch, type Query } from "./store/collection.js";
export type { StoreEvents } from "./store/events.js";
export type { Status } from "./store/loop.js";
export type { Scope } from "./store/replica.js";
export type { GetToken } from "./store/session.js";
export type { StoreOptions } from "./store/options.js";
export { type Store, openStore } from "./store/store.js";
export type { Fetch } from "./store/transport.js";
export type { Found } from "./store/view.js";
export { indexedDbStorage } from "./storage/indexeddb.js";
export { MemoryStorage } from "./storage/memory.js";
export type { Storage } from "./storage/storage.js";
