import { type Applied, applyAnswer } from "./answer.js";
import { correctClock } from "./clock.js";
import { SynclineError } from "./error.js";
import * as HLC from "./hlc.js";
import { type Document, copy } from "./json.js";
import { assertKey, assertStorable } from "./limits.js";
import { type Revisions, revisionsOf } from "./pending.js";
import { contentOf, doubt, edit, remove } from "./rebase.js";
import {
  type Entry,
  Replica,
  type ReplicaState,
  newState,
  withDocument,
  withoutRejection,
} from "./replica.js";
import {
  type InFlight,
  beginRequest,
  changesOf,
  refuseRequest,
  resumePages,
  serverClock,
} from "./request.js";
import { beginReset, forgetServer } from "./reset.js";
import {
  type Access,
  type Conflict,
  type DocumentChange,
  type DocumentId,
  PROTOCOL,
  type Rejection,
  type ServerChange,
  type SyncAnswer,
  type SyncRequest,
  documentIdOf,
  idOf,
} from "./wire.js";

/** How many documents an answer holds, unless the application decides. */
const PAGE_DOCUMENTS = 500;

/** A document: the key alone is one of the client's own namespace. */
export type DocumentRef = string | DocumentId;

/** What to keep between runs, made for JSON. */
export interface Snapshot {
  readonly version: 1;
  readonly state: ReplicaState;
  readonly documents: readonly (readonly [id: string, entry: Entry])[];
}

/** What `SyncClient.sync` did. */
export interface SyncResult {
  /** The documents that the server sent. */
  readonly serverChanges: readonly ServerChange[];
  /** Fields that both sides changed, with both values. */
  readonly conflicts: readonly Conflict[];
  /** The documents that changed on this device, deleted and removed ones included. */
  readonly changed: readonly DocumentId[];
  /** The documents that the server did not store; `SyncClient.rejected` tells why. */
  readonly rejected: readonly DocumentId[];
  /** Whether there is more to push or to pull: sync again at once. */
  readonly hasMore: boolean;
}

/** A document with the revisions of its fields. */
export interface DocumentState {
  readonly doc: Document;
  readonly fieldRevs: Readonly<Record<string, string>>;
}

/**
 * The documents of one collection in one namespace, and the edits that no server has answered. It
 * does no input or output: `getSnapshot` is what to keep, and the request is the caller's to send.
 *
 * A clock of the server belongs to the namespace and the collection that it was given for, so each of
 * them needs a client of its own. `nodeId` names the device, and no other device or tab has the same.
 */
export class SyncClient {
  #replica: Replica;
  #inFlight: InFlight = new Map();
  /** Whether the last answer was applied, and no request was made since. */
  #isAnswered = true;

  constructor(nodeId: string, wallMs = 0) {
    this.#replica = new Replica(newState(nodeId, wallMs), new Map());
  }

  /** The client whose snapshot it is; `null` if there is none. */
  static fromSnapshot(snapshot: Snapshot | null | undefined): SyncClient | null {
    if (snapshot === null || snapshot === undefined) return null;
    if (snapshot.version !== 1) {
      throw new SynclineError(
        "snapshot",
        "the snapshot is not one of version 1, which this client reads: update the client",
      );
    }
    const { state, documents } = copy(snapshot);
    const client = new SyncClient(HLC.decode(state.clock).node);
    client.#replica = new Replica(state, new Map(documents));
    client.#isAnswered = false;
    return client;
  }

  /** What to keep. A request under way counts as lost when it is restored: its edits are pushed again. */
  getSnapshot(): Snapshot {
    const { state, entries } = this.#replica;
    return copy({ version: 1 as const, state, documents: [...entries] });
  }

  /** The device. */
  get nodeId(): string {
    return this.#replica.node;
  }

  /** The device's own clock, which stamps edits. */
  get clock(): string {
    return this.#replica.state.clock;
  }

  /** The server's clock in its last answer, `HLC.zero()` before the first: send it as `clientClock`. */
  get baseClock(): string {
    return serverClock(this.#replica);
  }

  /** When the last answer was applied, in milliseconds; `null` if that never was. */
  get lastSyncAt(): number | null {
    return this.#replica.state.lastSync ?? null;
  }

  /** Every document by its key, those of other users left out. */
  get docs(): Record<string, DocumentState> {
    const own = [...this.documents()].filter(([{ owner }]) => owner === undefined);
    return Object.fromEntries(
      own.map(([{ key }, doc]) => [key, { doc, fieldRevs: revisionsIn(this.#replica.entries.get(key)) }]),
    );
  }

  /** The document as the device has it; none if there is none, or it is deleted. */
  get(document: DocumentRef): Document | undefined {
    const entry = this.#replica.entries.get(idOfRef(document));
    const content = entry && contentOf(entry);
    return content && copy(content);
  }

  /** Every document. */
  *documents(): Generator<[DocumentId, Document]> {
    for (const id of this.#replica.entries.keys()) {
      const content = this.get(documentIdOf(id));
      if (content) yield [documentIdOf(id), content];
    }
  }

  /** The documents with edits that no server has answered. */
  pending(): DocumentId[] {
    return this.#ids(({ pending }) => pending !== undefined);
  }

  /**
   * The documents whose last edit the server did not store, and why. They keep it, and are not sent
   * again before the next edit or `retry`; those that name a clock that is ahead, when the client begins
   * to sync again, since time catches up.
   */
  rejected(): [DocumentId, Rejection][] {
    const entries = [...this.#replica.entries];
    return entries.flatMap(([id, { rejection }]) => (rejection ? [[documentIdOf(id), rejection]] : []));
  }

  /** What the client may do with another user's document; none for its own. */
  access(document: DocumentRef): Access | undefined {
    return this.#replica.entries.get(idOfRef(document))?.access;
  }

  /** Makes `doc` the document, and creates it if there is none. */
  edit(document: DocumentRef, doc: Document, wallMs = Date.now()): this {
    editDocument(this.#replica, idOfRef(document), doc, wallMs);
    return this;
  }

  /** Deletes the document. Returns whether there was one. */
  delete(document: DocumentRef, wallMs = Date.now()): boolean {
    return deleteDocument(this.#replica, idOfRef(document), wallMs);
  }

  /** Sends a rejected document again with the next request. */
  retry(document: DocumentRef): void {
    const id = idOfRef(document);
    const entry = this.#replica.entries.get(id);
    if (entry) this.#replica.set(id, withoutRejection(entry));
  }

  /**
   * What the next request pushes. Until its answer (`sync`) or its refusal (`refuse`) it is the same,
   * word for word, whatever is edited meanwhile.
   */
  getChanges(): DocumentChange[] {
    if (!this.#isAnswered) resumePages(this.#replica);
    this.#isAnswered = false;
    this.#inFlight = beginRequest(this.#replica, this.#inFlight);
    return changesOf(this.#replica, this.#inFlight);
  }

  /** The body of the next request, which uses all that Syncline's protocol 2 offers. */
  getRequest(collection: string, limit = PAGE_DOCUMENTS): SyncRequest {
    const changes = this.getChanges();
    const { nodeId: node, baseClock: clientClock } = this;
    return { protocol: PROTOCOL, collection, node, clientClock, changes, limit, echo: false, partial: true };
  }

  /** Takes the server's answer in. Edits that were made since the request stay pending. */
  sync(answer: SyncAnswer, wallMs = Date.now()): SyncResult {
    const { state, entries } = this.#replica;
    const before = new Map(entries);
    try {
      const applied = applyAnswer(this.#replica, answer, this.#inFlight, wallMs);
      this.#inFlight = applied.inFlight;
      this.#isAnswered = true;
      return resultOf(answer, applied);
    } catch (error) {
      this.#replica = new Replica(state, before);
      throw error;
    }
  }

  /**
   * The server refused the last request as a whole (an answer with a status from 400 to 499): it took
   * nothing in, and what is pushed next is made of the documents as they are then. After a
   * `clock_skew` refusal give the `serverTime` that it names: edits that are ahead of it are stamped
   * anew. Returns whether there were any, so that the request is worth sending again.
   */
  refuse(serverTime?: number, wallMs = Date.now()): boolean {
    refuseRequest(this.#replica, this.#inFlight);
    return serverTime !== undefined && correctClock(this.#replica, serverTime, wallMs);
  }

  /**
   * Whether the last sync is more than `thresholdMs` ago. Longer than the server's retention, and a
   * reset will come anyway: then `prune` frees the memory before.
   */
  shouldPrune(thresholdMs: number, wallMs = Date.now()): boolean {
    const { lastSync } = this.#replica.state;
    return lastSync !== undefined && wallMs - lastSync > thresholdMs;
  }

  /**
   * Forgets all that the server gave; documents with pending edits stay. The next sync fetches the
   * whole collection, and drops of those what it lacks, as after a reset.
   */
  prune(): this {
    const { state, entries } = this.#replica;
    const pending = [...entries].filter(([, entry]) => entry.pending);
    const doubted = pending.map(([id, entry]) => [id, withDocument(entry, doubt(entry))] as const);
    this.#replica = new Replica(forgetServer(state), new Map(doubted));
    // A first pull brings no tombstones.
    beginReset(this.#replica, undefined);
    this.#inFlight = new Map();
    return this;
  }

  #ids(keep: (entry: Entry) => boolean): DocumentId[] {
    return [...this.#replica.entries].filter(([, entry]) => keep(entry)).map(([id]) => documentIdOf(id));
  }
}

/** Makes `doc` the document in `replica`. Returns whether that changed anything. */
export function editDocument(replica: Replica, id: string, doc: unknown, wallMs: number): boolean {
  assertKey(documentIdOf(id).key);
  assertStorable(doc);
  const entry = replica.entries.get(id) ?? {};
  const revision = replica.stamp(wallMs);
  const document = edit(entry, copy(doc), revision, replica.seenOf(entry));
  const isChanged = document !== entry;
  if (isChanged) replica.set(id, withDocument(withoutRejection(entry), document));
  return isChanged;
}

/** Deletes the document in `replica`. Returns whether there was one. */
export function deleteDocument(replica: Replica, id: string, wallMs: number): boolean {
  const entry = replica.entries.get(id);
  if (!entry) return false;
  const document = remove(entry, replica.stamp(wallMs), replica.seenOf(entry));
  const isChanged = document !== entry;
  if (isChanged) replica.set(id, withDocument(withoutRejection(entry), document));
  return isChanged;
}

/** The revision of every field that the device knows, pending edits included. */
export function revisionsIn({ server, pending }: Entry = {}): Revisions {
  return { ...server?.fieldRevisions, ...(pending && revisionsOf(pending)) };
}

/** The id of a document. Throws a `SynclineError` with code `document` for a key that holds a NUL. */
export function idOfRef(document: DocumentRef): string {
  const id = typeof document === "string" ? { key: document } : document;
  // What stands behind it would be taken for an owner.
  if (id.key.includes("\0")) assertKey(id.key);
  return idOf(id);
}

function resultOf(answer: SyncAnswer, applied: Applied): SyncResult {
  return {
    serverChanges: answer.serverChanges ?? [],
    conflicts: applied.conflicts,
    changed: [...applied.changed].map(documentIdOf),
    rejected: [...applied.rejected].map(documentIdOf),
    hasMore: applied.hasMore,
  };
}
