import { type Applied, applyAnswer, withoutRejection } from "../core/answer.js";
import { correctClock } from "../core/clock.js";
import { deleteDocument, editDocument } from "../core/client.js";
import { type Document, copy } from "../core/json.js";
import { contentOf } from "../core/rebase.js";
import { type Entry, Replica, newState } from "../core/replica.js";
import { type InFlight, MAX_CHANGES, beginRequest, changesOf, refuseRequest, serverClock } from "../core/request.js";
import { PROTOCOL, type Rejection, type SyncAnswer, type SyncRequest } from "../core/wire.js";
import type { Loaded, Storage, Wanted } from "../storage/storage.js";
import { randomId } from "./random.js";

/** One collection in one namespace: the user's own, or an organisation's. */
export interface Scope {
  readonly collection: string;
  readonly org?: string;
}

/** A request that began, and what it pushed. */
export interface Begun {
  readonly id: string;
  readonly body: SyncRequest;
  readonly inFlight: InFlight;
}

/** What an answer did. */
export interface Taken extends Applied {
  /** Every document of which something else is known than before. */
  readonly touched: ReadonlySet<string>;
}

/** One text for each scope. Collections hold no control characters. */
export function nameOf({ collection, org }: Scope): string {
  return org === undefined ? collection : `${collection}\0${org}`;
}

/** The scope that `name` stands for. */
export function scopeOf(name: string): Scope {
  const end = name.indexOf("\0");
  return end < 0 ? { collection: name } : { collection: name.slice(0, end), org: name.slice(end + 1) };
}

/**
 * The documents of a scope where they are stored. Each operation is the core's own, on the documents
 * that it concerns, in one transaction; so tabs need no other agreement than the storage's.
 */
export class StoredReplica {
  constructor(
    readonly storage: Storage,
    readonly scope: Scope,
  ) {}

  /** Makes `doc` the document. Returns whether anything changed. */
  edit(id: string, doc: unknown): Promise<boolean> {
    return this.#change({ ids: [id] }, (replica) => editDocument(replica, id, doc, Date.now()));
  }

  /** Makes of the document what `next` makes of it; nothing if there is none. Returns what it is now. */
  update(id: string, next: (doc: Document) => unknown): Promise<Document | undefined> {
    return this.#change({ ids: [id] }, (replica) => {
      const current = contentOf(replica.entries.get(id) ?? {});
      if (!current) return undefined;
      editDocument(replica, id, next(copy(current)), Date.now());
      return copy(contentOf(replica.entries.get(id) ?? {}));
    });
  }

  /** Deletes the document. Returns whether there was one. */
  delete(id: string): Promise<boolean> {
    return this.#change({ ids: [id] }, (replica) => deleteDocument(replica, id, Date.now()));
  }

  /** Sends a rejected document again with the next request. */
  retry(id: string): Promise<void> {
    return this.#change({ ids: [id] }, (replica) => {
      const entry = replica.entries.get(id);
      if (entry) replica.set(id, withoutRejection(entry));
    });
  }

  /** The documents that the server did not store, and why. */
  async rejected(): Promise<[id: string, rejection: Rejection][]> {
    const { entries } = await this.storage.read(nameOf(this.scope), { rejected: true });
    return [...entries].flatMap(([id, { rejection }]) => (rejection ? [[id, rejection]] : []));
  }

  /** The documents with edits that the server has not stored. */
  async waiting(): Promise<string[]> {
    const { entries } = await this.storage.read(nameOf(this.scope), { unsent: Infinity, rejected: true });
    return [...entries.keys()];
  }

  /** What is stored of some documents. */
  async entries(ids: readonly string[]): Promise<Map<string, Entry>> {
    return (await this.storage.read(nameOf(this.scope), { ids })).entries;
  }

  /** Makes sure that the scope is known to whoever synchronises. Returns whether it is new. */
  touch(): Promise<boolean> {
    return this.#change({}, (_replica, _request, isNew) => isNew);
  }

  /** Begins a request, after `earlier` if that was a page's. */
  begin(earlier: InFlight, limit: number, maxChanges = MAX_CHANGES): Promise<Begun> {
    const id = randomId();
    return this.#change({ unsent: maxChanges }, (replica) => {
      const inFlight = beginRequest(replica, earlier, maxChanges);
      const body = {
        protocol: PROTOCOL,
        collection: this.scope.collection,
        node: replica.node,
        clientClock: serverClock(replica),
        changes: changesOf(replica, inFlight),
        limit,
        echo: false,
        partial: true,
      } as const;
      return { id, body, inFlight };
    }, id);
  }

  /** Takes an answer in; nothing if another request has begun since, in this tab or another. */
  async apply({ id, inFlight }: Begun, answer: SyncAnswer): Promise<Taken | undefined> {
    const wanted = { ...wantedFor(answer, inFlight), ...(await this.#needsAll(answer)) };
    return this.#change(wanted, (replica, request) => {
      if (request !== id) return undefined;
      return { ...applyAnswer(replica, answer, inFlight, Date.now()), touched: replica.touched };
    });
  }

  /**
   * The server refused a request as a whole. With its time, edits that are ahead of it are stamped
   * anew; returns whether there were any.
   */
  refuse({ id, inFlight }: Begun, serverTime: number | undefined): Promise<boolean> {
    const wanted = serverTime === undefined ? { ids: [...inFlight.keys()] } : { unsent: Infinity, rejected: true };
    return this.#change(wanted, (replica, request) => {
      if (request !== id) return false;
      refuseRequest(replica, inFlight);
      return serverTime !== undefined && correctClock(replica, serverTime, Date.now());
    });
  }

  /** The server refused a request as a whole because of the one document that it pushed. */
  reject({ id, inFlight }: Begun, rejection: Rejection): Promise<string[]> {
    const ids = [...inFlight.keys()];
    return this.#change({ ids }, (replica, request) => {
      const found = request === id ? [...replica.entries] : [];
      for (const [rejected, entry] of found) replica.set(rejected, { ...entry, rejection });
      return found.map(([rejected]) => rejected);
    });
  }

  /** Whether the answer concerns documents that it does not name: with a reset, all are doubted. */
  async #needsAll(answer: SyncAnswer): Promise<Wanted> {
    if (answer.reset) return { all: true };
    const { record } = await this.storage.read(nameOf(this.scope), {});
    return record?.state.reset !== undefined && answer.hasMore !== true ? { all: true } : {};
  }

  #change<T>(
    wanted: Wanted,
    operation: (replica: Replica, request: string | undefined, isNew: boolean) => T,
    begins?: string,
  ): Promise<T> {
    return this.storage.update(nameOf(this.scope), wanted, (loaded) => {
      const replica = new Replica(loaded.record?.state ?? newState(randomId(), 0), loaded.entries);
      const request = loaded.record?.request;
      const result = operation(replica, request, loaded.record === undefined);
      return { result, ...writtenBy(replica, loaded, begins ?? request) };
    });
  }
}

function writtenBy(replica: Replica, { record }: Loaded, request: string | undefined): object {
  const { state, touched, entries } = replica;
  if (record?.state === state && record.request === request && touched.size === 0) return {};
  const changed = new Map([...touched].map((id) => [id, entries.get(id)]));
  return { written: { record: { state, ...(request !== undefined && { request }) }, entries: changed } };
}

function wantedFor(answer: SyncAnswer, inFlight: InFlight): Wanted {
  const sent = (answer.serverChanges ?? []).map(({ _key: key, _owner: owner }) =>
    owner === undefined ? key : `${key}\0${owner}`,
  );
  const isSkewed = answer.rejected?.some(({ code }) => code === "clock_skew") === true;
  return {
    ids: [...new Set([...sent, ...inFlight.keys()])],
    // One more than was pushed tells whether anything else waits.
    unsent: isSkewed ? Infinity : inFlight.size + 1,
    rejected: isSkewed,
  };
}
