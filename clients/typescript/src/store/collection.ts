import { type DocumentRef, idOfRef, revisionsIn } from "../core/client.js";
import { SynclineError } from "../core/error.js";
import * as HLC from "../core/hlc.js";
import { type Document, type Json, sameValue } from "../core/json.js";
import { type DocumentId, type Rejection, documentIdOf } from "../core/wire.js";
import { call } from "./events.js";
import type { StoredReplica } from "./replica.js";
import type { Found, View } from "./view.js";

/** Which documents of a collection, and in which order. */
export interface Query<T extends object = Document> {
  /** Fields that a document must have, each as a whole, or a condition that it must meet. */
  readonly where?: Partial<T> | ((doc: Readonly<T>, id: DocumentId) => boolean);
  /** Which of two comes first, as for `Array.prototype.sort`; by key without it. */
  readonly order?: (left: Readonly<T>, right: Readonly<T>) => number;
  /** At most so many. */
  readonly limit?: number;
}

/** A change of some fields: those that are `undefined` are removed. */
export type Patch<T> = { readonly [Field in keyof T]?: T[Field] | undefined };

/** The clocks of a collection on this device. */
export interface Clocks {
  /** The device, as far as this collection is concerned. */
  readonly node: string;
  /** The device's own clock, which stamped its last edit. */
  readonly clock: string;
  /** The server's clock in its last answer: the cursor of what the device has seen. */
  readonly serverClock?: string;
  /** When that was, in milliseconds since 1970. */
  readonly lastSync?: number;
}

/** What a collection needs of its store. */
export interface CollectionPort {
  readonly replica: StoredReplica;
  readonly view: View;
  /** Whose store it is. */
  readonly user: string;
  /** When whoever synchronises knows of the collection. */
  readonly touched: Promise<unknown>;
  /** Throws when the store is closed. */
  assertOpen(): void;
  /** Documents were edited, and wait to be pushed. */
  onEdited(ids: readonly string[]): Promise<void>;
}

/** The documents of one collection. Every edit is durable when its promise resolves. */
export class Collection<T extends object = Document> {
  readonly #port: CollectionPort;

  constructor(port: CollectionPort) {
    this.#port = port;
  }

  /** A copy of the document; none if there is none, or it is deleted. */
  async get(document: DocumentRef): Promise<T | undefined> {
    const found = (await this.#documents()).get(this.#nameOf(document));
    return found && structuredClone(found.doc as T);
  }

  /** Makes `doc` the document, and creates it if there is none. */
  async set(document: DocumentRef, doc: T): Promise<void> {
    const id = this.#idOf(document);
    if (await this.#port.replica.edit(id, doc)) await this.#port.onEdited([id]);
  }

  /**
   * Changes some fields of the document, or lets a function change it or return another one, and leaves
   * alone what another tab or device changed meanwhile. Returns what it is then; none if there is none.
   *
   * The function only computes: it may be called more than once.
   */
  async update(document: DocumentRef, change: Patch<T> | ((doc: T) => T | void)): Promise<T | undefined> {
    const id = this.#idOf(document);
    const next = typeof change === "function" ? (doc: Document) => change(doc as T) : patchedWith(change);
    const { doc, isChanged } = await this.#port.replica.update(id, next);
    if (isChanged) await this.#port.onEdited([id]);
    return doc as T | undefined;
  }

  /** Deletes the document. Returns whether there was one. */
  async delete(document: DocumentRef): Promise<boolean> {
    const id = this.#idOf(document);
    const isDeleted = await this.#port.replica.delete(id);
    if (isDeleted) await this.#port.onEdited([id]);
    return isDeleted;
  }

  /** The documents that meet a query; all without one. */
  async query(query: Query<T> = {}): Promise<Found<T>[]> {
    return select(await this.#documents(), query);
  }

  /**
   * Calls `listener` with the documents that meet a query, now and whenever they change, until the
   * function that this returns is called. `onError` hears of a storage that cannot be read.
   */
  subscribe(
    query: Query<T>,
    listener: (documents: Found<T>[]) => void,
    onError: (error: unknown) => void = rethrow,
  ): () => void {
    let known: Found<T>[] | undefined;
    let isOver = false;
    const tell = oneAtATime(
      async () => {
        const documents = await this.query(query);
        if (isOver || (known && isSame(known, documents))) return;
        known = documents;
        call(listener, documents);
      },
      (error) => isOver || isClosed(error) || call(onError, error),
    );
    const stop = this.#port.view.listen(tell);
    tell();
    return () => {
      isOver = true;
      stop();
    };
  }

  /** The documents that the server did not store, and why. They keep their edits. */
  async rejected(): Promise<(DocumentId & { readonly rejection: Rejection })[]> {
    const rejected = await this.#port.replica.rejected();
    return rejected.map(([id, rejection]) => ({ ...documentIdOf(id), rejection }));
  }

  /** Sends a rejected document again as it is. The next edit of it does so as well. */
  async retry(document: DocumentRef): Promise<void> {
    const id = this.#idOf(document);
    await this.#port.replica.retry(id);
    await this.#port.onEdited([id]);
  }

  /** The clocks of the collection, to be looked at. */
  async clocks(): Promise<Clocks> {
    await this.#port.touched;
    const { clock, serverClock, lastSync } = await this.#port.replica.state();
    return {
      node: HLC.decode(clock).node,
      clock,
      ...(serverClock !== undefined && { serverClock }),
      ...(lastSync !== undefined && { lastSync }),
    };
  }

  /** The revision of every field of a document, removed ones included, to be looked at. */
  async revisions(document: DocumentRef): Promise<Readonly<Record<string, string>>> {
    const id = this.#nameOf(document);
    return revisionsIn((await this.#port.replica.entries([id])).get(id));
  }

  /** The id of a document that is to be changed: memory would take what nobody pushes any more. */
  #idOf(document: DocumentRef): string {
    this.#port.assertOpen();
    return this.#nameOf(document);
  }

  /** The server tells of the user's own documents without an owner, also if they were pushed with one. */
  #nameOf(document: DocumentRef): string {
    const { user, replica } = this.#port;
    const isPersonal = replica.scope.org === undefined;
    const isOwn = isPersonal && typeof document !== "string" && document.owner === user;
    return idOfRef(isOwn ? document.key : document);
  }

  async #documents(): Promise<ReadonlyMap<string, Found<T>>> {
    // What is in memory may have been wiped, and is not kept up to date.
    this.#port.assertOpen();
    return (await this.#port.view.documents()) as ReadonlyMap<string, Found<object>> as ReadonlyMap<
      string,
      Found<T>
    >;
  }
}

function select<T extends object>(documents: ReadonlyMap<string, Found<T>>, query: Query<T>): Found<T>[] {
  const meets = conditionOf(query.where);
  const { order, limit } = query;
  const found = [...documents].filter(([, { doc, ...id }]) => meets(doc, id));
  found.sort(([id, left], [otherId, right]) => order?.(left.doc, right.doc) || (id < otherId ? -1 : 1));
  return found.slice(0, limit).map(([, document]) => document);
}

function conditionOf<T extends object>(
  where: Query<T>["where"],
): (doc: Readonly<T>, id: DocumentId) => boolean {
  if (typeof where === "function") return where;
  const fields = Object.entries(where ?? {}) as [keyof T, Json | undefined][];
  return (doc) => fields.every(([field, value]) => isEqual(doc[field] as Json | undefined, value));
}

function isEqual(left: Json | undefined, right: Json | undefined): boolean {
  return left === undefined || right === undefined ? left === right : sameValue(left, right);
}

/** Runs `work` at each call; calls that come while it runs lead to one more run together. */
function oneAtATime(work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let isRunning = false;
  let isWanted = false;
  return async () => {
    isWanted = true;
    if (isRunning) return;
    isRunning = true;
    while (isWanted) {
      isWanted = false;
      await work().catch(onError);
    }
    isRunning = false;
  };
}

function isSame<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}

function isClosed(error: unknown): boolean {
  return error instanceof SynclineError && error.code === "closed";
}

function rethrow(error: unknown): never {
  throw error;
}

function patchedWith(patch: object): (doc: Document) => object {
  return (doc) => ({ ...doc, ...patch });
}
