import { type Applied, applyAnswer, rejectDocument } from "../core/answer.js";
import { correctClock } from "../core/clock.js";
import { deleteDocument, editDocument } from "../core/client.js";
import { type Document, copy } from "../core/json.js";
import { contentOf } from "../core/rebase.js";
import {
  type Entry,
  Replica,
  type ReplicaState,
  isUnsent,
  newState,
  withoutRejection,
} from "../core/replica.js";
import {
  type InFlight,
  MAX_CHANGES,
  beginRequest,
  changesOf,
  refuseRequest,
  resumePages,
  serverClock,
} from "../core/request.js";
import { type Conflict, PROTOCOL, type Rejection, type SyncAnswer, type SyncRequest } from "../core/wire.js";
import type { Storage, Wanted, Written } from "../storage/storage.js";
import { ownerAfter } from "./owner.js";
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
  /** Whether it pushes all that waited. */
  readonly isWhole: boolean;
}

/** What is kept of a scope beside its documents and their state, as an operation changes it. */
interface Margin {
  /** Whose documents these are. */
  readonly owner: string | undefined;
  request: string | undefined;
  reports: readonly Conflict[];
  readonly isNew: boolean;
  /** Whether it is kept though the operation did nothing else. */
  isWanted: boolean;
}

/** What an update did. */
export interface Updated {
  readonly doc?: Document | undefined;
  readonly isChanged: boolean;
}

/** What an answer did. */
export interface Taken extends Applied {
  /** Conflicts that the application has perhaps not heard of. */
  readonly reports: readonly Conflict[];
  /** Every document of which something else is known than before, and what is kept of it now. */
  readonly kept: Kept;
}

/** What is kept of some documents. Of those without an entry, nothing is. */
export type Kept = ReadonlyMap<string, Entry | undefined>;

/** So many conflicts are kept while nobody listens, and those of the last answer. */
const MOST_REPORTS = 1_000;

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
    /** Whose documents these are, as far as that is known by now. */
    readonly owner?: () => string,
  ) {}

  /** Makes `doc` the document. Returns whether anything changed. */
  edit(id: string, doc: unknown): Promise<boolean> {
    return this.#change({ ids: [id] }, (replica) => editDocument(replica, id, doc, Date.now()));
  }

  /**
   * Makes of the document what `next` returns, or else what it made of its argument; nothing if there
   * is none. Returns what it is now, and whether anything changed.
   */
  update(id: string, next: (doc: Document) => unknown): Promise<Updated> {
    return this.#change({ ids: [id] }, (replica) => {
      const current = contentOf(replica.entries.get(id) ?? {});
      if (!current) return { isChanged: false };
      const draft = copy(current);
      const isChanged = editDocument(replica, id, next(draft) ?? draft, Date.now());
      return { doc: copy(contentOf(replica.entries.get(id) ?? {})), isChanged };
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

  /** What is kept beside the documents, or what a first edit would begin with. */
  async state(): Promise<ReplicaState> {
    return (await this.storage.read(nameOf(this.scope), {})).record?.state ?? newState(randomId(), 0);
  }

  /** Makes sure that the scope is known to whoever synchronises. Returns whether it is new. */
  touch(): Promise<boolean> {
    return this.#change({}, (_, margin) => {
      margin.isWanted = true;
      return margin.isNew;
    });
  }

  /** Begins a request, after `earlier` if that was a page's; not in a scope that was forgotten. */
  begin(earlier: InFlight, limit: number, maxChanges = MAX_CHANGES): Promise<Begun | undefined> {
    const id = randomId();
    // One more than is pushed tells whether anything else waits. What was rejected because of a clock may be
    // sent again.
    return this.#change({ unsent: maxChanges + 1, rejected: true }, (replica, margin) => {
      if (margin.isNew) return undefined;
      margin.request = id;
      // While all goes well, a page is asked for without beginning a request.
      resumePages(replica);
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
      const waiting = [...replica.entries].filter(([, entry]) => isUnsent(entry));
      const isWhole = !replica.state.isPaging && waiting.every(([key]) => inFlight.has(key));
      return { id, body, inFlight, isWhole };
    });
  }

  /** Takes an answer in; nothing if another request has begun since, in this tab or another. */
  async apply({ id, inFlight }: Begun, answer: SyncAnswer): Promise<Taken | undefined> {
    const wanted = { ...wantedFor(answer, inFlight), ...(await this.#needsAll(answer)) };
    return this.#change(wanted, (replica, margin) => {
      if (margin.request !== id) return undefined;
      const applied = applyAnswer(replica, answer, inFlight, Date.now());
      if (applied.conflicts.length > 0)
        margin.reports = [...margin.reports.slice(-MOST_REPORTS), ...applied.conflicts];
      return { ...applied, reports: margin.reports, kept: keptBy(replica) };
    });
  }

  /** The conflicts that the application has perhaps not heard of. */
  async reports(): Promise<readonly Conflict[]> {
    return (await this.storage.read(nameOf(this.scope), {})).record?.reports ?? [];
  }

  /** The application has heard of these conflicts. */
  reported(conflicts: readonly Conflict[]): Promise<void> {
    const heard = new Set(conflicts.map((conflict) => JSON.stringify(conflict)));
    return this.#change({}, (_, margin) => {
      const others = margin.reports.filter((conflict) => !heard.has(JSON.stringify(conflict)));
      if (others.length < margin.reports.length) margin.reports = others;
    });
  }

  /**
   * The server refused a request as a whole. With its time, edits that are ahead of it are stamped
   * anew; returns whether there were any.
   */
  refuse({ id, inFlight }: Begun, serverTime: number | undefined): Promise<boolean> {
    const wanted =
      serverTime === undefined ? { ids: [...inFlight.keys()] } : { unsent: Infinity, rejected: true };
    return this.#change(wanted, (replica, { request }) => {
      if (request !== id) return false;
      refuseRequest(replica, inFlight);
      return serverTime !== undefined && correctClock(replica, serverTime, Date.now());
    });
  }

  /**
   * The server refused a request as a whole because of the one document that it pushed. Returns the
   * document, if it is to wait for an edit.
   */
  reject({ id, inFlight }: Begun, rejection: Rejection): Promise<string[]> {
    const ids = [...inFlight.keys()];
    return this.#change({ ids }, (replica, { request }) => {
      const pushed = request === id ? [...inFlight] : [];
      const rejected = pushed.filter(([key, push]) => rejectDocument(replica, key, push, rejection));
      return rejected.map(([key]) => key);
    });
  }

  /** Whether the answer concerns documents that it does not name: with a reset, all are doubted. */
  async #needsAll(answer: SyncAnswer): Promise<Wanted> {
    if (answer.reset) return { all: true };
    if (answer.hasMore) return {};
    const { record } = await this.storage.read(nameOf(this.scope), {});
    return record?.state.reset !== undefined ? { all: true } : {};
  }

  #change<T>(wanted: Wanted, operation: (replica: Replica, margin: Margin) => T): Promise<T> {
    return this.storage.update(nameOf(this.scope), wanted, ({ record, entries }) => {
      const replica = new Replica(record?.state ?? newState(randomId(), 0), entries);
      const reports = record?.reports ?? [];
      const isNew = record === undefined;
      const owner = this.owner ? ownerAfter(record?.owner, this.owner()) : record?.owner;
      const margin: Margin = { owner, request: record?.request, reports, isNew, isWanted: !isNew };
      const result = operation(replica, margin);
      // To look at a scope that was forgotten, or to hear of it late, does not bring it back.
      const isSame = isNew
        ? !margin.isWanted
        : replica.state === record.state && margin.request === record.request && margin.reports === reports;
      return isSame && replica.touched.size === 0
        ? { result }
        : { result, written: writtenBy(replica, margin) };
    });
  }
}

function writtenBy(replica: Replica, { owner, request, reports }: Margin): Written {
  const record = {
    ...(owner !== undefined && { owner }),
    state: replica.state,
    ...(request !== undefined && { request }),
    ...(reports.length > 0 && { reports }),
  };
  return { record, entries: keptBy(replica) };
}

function keptBy({ touched, entries }: Replica): Kept {
  return new Map([...touched].map((id) => [id, entries.get(id)]));
}

function wantedFor(answer: SyncAnswer, inFlight: InFlight): Wanted {
  const sent = (answer.serverChanges ?? []).map(({ _key: key, _owner: owner }) =>
    owner === undefined ? key : `${key}\0${owner}`,
  );
  const isSkewed = answer.rejected?.some(({ code }) => code === "clock_skew") === true;
  return {
    ids: [...inFlight.keys()],
    // What the server sends takes the place of what it sent before; edits are all that stays.
    waitingOf: sent.filter((id) => !inFlight.has(id)),
    // One more than was pushed tells whether anything else waits.
    unsent: isSkewed ? Infinity : inFlight.size + 1,
    rejected: isSkewed,
  };
}
