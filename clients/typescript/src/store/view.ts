import { contentOf } from "../core/rebase.js";
import type { Document } from "../core/json.js";
import type { Entry } from "../core/replica.js";
import { type Access, type DocumentId, type Rejection, documentIdOf } from "../core/wire.js";
import { type Kept, type StoredReplica, nameOf } from "./replica.js";

/** A document as a query finds it. It is frozen: `Collection.update` changes it. */
export interface Found<T extends object = Document> extends DocumentId {
  readonly doc: Readonly<T>;
  /** What the user may do with another user's document. */
  readonly access?: Access;
  /** Whether the server has not stored all of it. */
  readonly isUnsent: boolean;
  /** Why the server did not store it. */
  readonly rejection?: Rejection;
}

/** Documents by their ids. Each reading as a whole has its own: an earlier one may still be under way. */
type Documents = Map<string, Found>;

/** How many documents are read at a time, so that the page stays responsive in between. */
const SLICE = 500;

/** The documents of a scope in memory, kept as they are in the storage. */
export class View {
  #loaded: Promise<Documents> | undefined;
  #last: Promise<void> = Promise.resolve();
  /** Whether documents were read again since the last ones were taken over. */
  #isRefreshed = false;
  readonly #listeners = new Set<() => void>();

  constructor(readonly replica: StoredReplica) {}

  /** Every document by its id, when those have been read. */
  documents(): Promise<ReadonlyMap<string, Found>> {
    return (this.#loaded ??= this.#load());
  }

  /** Reads documents that changed again. If that fails, whoever asks next reads all of them. */
  refresh(ids: readonly string[]): Promise<void> {
    this.#isRefreshed = true;
    return this.#enqueue((documents) => this.#refresh(documents, ids));
  }

  /**
   * Takes over what this tab has just written, one answer after the other. If the view has heard of
   * other changes since the last answer, those may be later ones of the same documents: then it reads.
   */
  take(kept: Kept): Promise<void> {
    const isPerhapsOld = this.#isRefreshed;
    this.#isRefreshed = false;
    return this.#enqueue((documents) =>
      isPerhapsOld ? this.#refresh(documents, [...kept.keys()]) : this.#take(documents, kept),
    );
  }

  /** The documents may have changed unheard: whoever asks next reads all of them. */
  forget(): void {
    this.#loaded = undefined;
    this.#isRefreshed = true;
    this.#tell();
  }

  /** Calls `listener` whenever documents have changed. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does `work` after all that came before it; nothing if the documents are read as a whole after that. */
  #enqueue(work: (documents: Documents) => Promise<void> | void): Promise<void> {
    const loaded = this.#loaded;
    // Nobody has asked for the documents yet.
    if (!loaded) return Promise.resolve();
    this.#last = Promise.all([loaded, this.#last])
      .then(([documents]) => (this.#loaded === loaded ? work(documents) : undefined))
      .catch(() => this.forget());
    return this.#last;
  }

  #load(): Promise<Documents> {
    const loaded = this.#read().catch((error: unknown) => {
      if (this.#loaded === loaded) this.#loaded = undefined;
      throw error;
    });
    return loaded;
  }

  async #read(): Promise<Documents> {
    const { storage, scope } = this.replica;
    const documents: Documents = new Map();
    let entries: [string, Entry][] = [];
    do {
      entries = await storage.page(nameOf(scope), entries.at(-1)?.[0], SLICE);
      for (const [id, entry] of entries) put(documents, id, entry);
    } while (entries.length === SLICE);
    return documents;
  }

  async #refresh(documents: Documents, ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += SLICE) {
      const slice = ids.slice(start, start + SLICE);
      const entries = await this.replica.entries(slice);
      for (const id of slice) put(documents, id, entries.get(id));
    }
    this.#tell();
  }

  #take(documents: Documents, kept: Kept): void {
    for (const [id, entry] of kept) put(documents, id, entry);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function put(documents: Documents, id: string, entry: Entry | undefined): void {
  const doc = entry && contentOf(entry);
  if (entry && doc) documents.set(id, foundIn(id, entry, doc));
  else documents.delete(id);
}

function foundIn(id: string, { access, pending, rejection }: Entry, doc: Document): Found {
  return Object.freeze({
    ...documentIdOf(id),
    doc: frozen(doc),
    ...(access && { access }),
    isUnsent: pending !== undefined,
    ...(rejection && { rejection }),
  });
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}
