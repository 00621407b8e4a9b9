import { SynclineError } from "../core/error.js";
import type { Document } from "../core/json.js";
import { assertCollection } from "../core/limits.js";
import { type Conflict, documentIdOf } from "../core/wire.js";
import type { Storage } from "../storage/storage.js";
import { Asks } from "./asks.js";
import { Collection } from "./collection.js";
import { Listeners, type StoreEvents } from "./events.js";
import { Leader } from "./leader.js";
import type { Status } from "./loop.js";
import {
  PAGE_DOCUMENTS,
  POLL_INTERVAL,
  type StoreOptions,
  assertPageSize,
  assertPollInterval,
  openStorage,
} from "./options.js";
import { claim, ownerOf, tellOwner } from "./owner.js";
import { type Kept, StoredReplica, nameOf, scopeOf } from "./replica.js";
import { Reports } from "./reports.js";
import { Session, identityOf } from "./session.js";
import { type Message, Tabs, heard, told } from "./tabs.js";
import { Transport } from "./transport.js";
import { View } from "./view.js";

/** What belongs to a scope. */
interface Part {
  readonly replica: StoredReplica;
  readonly view: View;
}

/** The documents of one user in one application, on this device: local first, synchronised by itself. */
export class Store {
  readonly #storage: Storage;
  readonly #transport: Transport;
  readonly #listeners = new Listeners();
  readonly #reports = new Reports(this.#listeners);
  readonly #parts = new Map<string, Part>();
  readonly #collections = new Map<string, Collection>();
  readonly #asks = new Asks();
  readonly #tabs: Tabs;
  readonly #newLeader: () => Leader;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  /** When the storage knows all collections. */
  #opened: Promise<unknown> = Promise.resolve();
  #leader: Leader | undefined;
  #status: Status = { state: "idle" };
  /**
   * Whether what waited has gone on because of a token that was set while the application was asked for one.
   * It may be `getToken` that sets them: if all are refused, there must be a pause.
   */
  #isHurried = false;

  private constructor(storage: Storage, transport: Transport, options: StoreOptions) {
    this.#storage = storage;
    this.#transport = transport;
    const { pollInterval = POLL_INTERVAL, pageSize = PAGE_DOCUMENTS } = options;
    this.#newLeader = () =>
      new Leader(transport, {
        pollInterval,
        pageSize,
        scopes: () => storage.scopes(),
        replica: (scope) => this.#part(scope).replica,
        onReports: (scope, conflicts) => this.#reported(scope, conflicts),
        onChanged: (scope, ids) => this.#changed(scope, ids),
        onKept: (scope, kept) => this.#kept(scope, kept),
        onBegin: () => this.#asks.take(),
        onPass: (error) => this.#passed(error),
        onStatus: (status) => this.#tellStatus(status),
        emit: (name, event) => this.#emit(name, event),
      });
    this.#tabs = new Tabs(storage.sharedAs, {
      onMessage: (message) => this.#hear(message),
      onLead: (isLeader) => this.#lead(isLeader),
    });
  }

  /** Opens a store; see `openStore`. */
  static async open(options: StoreOptions): Promise<Store> {
    assertPageSize(options);
    assertPollInterval(options);
    const user = options.user ?? identityOf(options.token).user;
    if (user === undefined) {
      throw new SynclineError("options", "`token` does not tell the user: give `user` as well");
    }
    let store: Store;
    const session = new Session(options.token, user, options.getToken, (token) => store.#renewed(token));
    const transport = new Transport(options.url, options.app, session, options.fetch);
    const storage = await openStorage(options, user);
    await claim(storage, transport);
    store = new Store(storage, transport, options);
    store.#watchPage();
    store.#tabs.lead(isVisible());
    return store;
  }

  /** A collection of the user's own, or of the organisation `org` that the user is in. */
  collection<T extends object = Document>(
    name: string,
    { org }: { readonly org?: string } = {},
  ): Collection<T> {
    assertCollection(name);
    const scope = nameOf({ collection: name, ...(org !== undefined && { org }) });
    const collection = this.#collections.get(scope) ?? this.#newCollection(scope);
    this.#collections.set(scope, collection);
    return collection as Collection<object> as Collection<T>;
  }

  /** How the synchronisation is doing. */
  get status(): Status {
    return this.#status;
  }

  /** Whose documents these are. */
  get user(): string {
    return this.#session.user;
  }

  /**
   * Calls `listener` at every such event, in whichever tab it happened, until the returned function is
   * called. One for conflicts hears soon of those that came before and nobody has heard of.
   */
  on<Name extends keyof StoreEvents>(name: Name, listener: (event: StoreEvents[Name]) => void): () => void {
    const stop = this.#listeners.on(name, listener);
    // If that fails they are told with the next sync.
    if (name === "conflict") this.#tellOfConflicts().catch(() => undefined);
    return stop;
  }

  /** Synchronises everything now. Resolves when nothing is waiting on either side that was there before. */
  async sync(): Promise<void> {
    await this.#opened;
    this.#assertOpen();
    const done = this.#asks.wait();
    if (this.#leader) this.#leader.now();
    else this.#tabs.lead(true);
    return done;
  }

  /** How many documents have edits that the server has not stored, rejected ones included. */
  async unsent(): Promise<number> {
    const scopes = await this.#storage.scopes();
    const waiting = await Promise.all(scopes.map((scope) => this.#part(scope).replica.waiting()));
    return waiting.reduce((sum, ids) => sum + ids.length, 0);
  }

  /** Uses another token of the same user, after a new sign-in. */
  setToken(token: string): void {
    const { isAsking, token: before } = this.#session;
    this.#session.renew(token);
    if (token === before || (isAsking && this.#isHurried)) return;
    this.#isHurried = isAsking;
    this.#leader?.signedIn();
    this.#tabs.post({ type: "signedIn" });
  }

  /**
   * Forgets an organisation's documents, after the user left it. Its collections are empty then, and no
   * longer synchronised, until one is edited or asked for again. Throws a `SynclineError` with code
   * `unsent` if edits would be lost, unless `discardUnsent`.
   */
  async forgetOrg(org: string, { discardUnsent = false } = {}): Promise<void> {
    const scopes = (await this.#storage.scopes()).filter((scope) => scopeOf(scope).org === org);
    await this.#storage.drop(scopes, discardUnsent ? undefined : assertSent);
    this.#forget(scopes);
    this.#tabs.post({ type: "forgotten", scopes });
  }

  /**
   * Wipes everything off this device and closes the store, in all tabs. Throws a `SynclineError` with
   * code `unsent` if edits would be lost, unless `discardUnsent`.
   */
  async signOut({ discardUnsent = false } = {}): Promise<void> {
    await this.#storage.wipe(discardUnsent ? undefined : assertSent);
    this.#leader?.stop();
    this.#tabs.post({ type: "wiped" });
    this.#listeners.emit("signedOut", undefined);
    await this.close();
  }

  /** Stops synchronising and closes the storage. What was edited is pushed after the next start. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    this.#asks.close(closedError());
    this.#lead(false);
    this.#tabs.close();
    await this.#storage.close();
  }

  get #session(): Session {
    return this.#transport.session;
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw closedError();
  }

  #newCollection(scope: string): Collection {
    const { replica, view } = this.#part(scope);
    // What is never edited must be pulled as well. A storage that fails says so with the first use.
    const touched = replica.touch().then(
      (isNew) => isNew && this.#edited(scope),
      () => undefined,
    );
    this.#opened = Promise.all([this.#opened, touched]);
    const onEdited = (ids: readonly string[]) => {
      this.#edited(scope);
      return this.#changed(scope, ids);
    };
    const { user } = this;
    return new Collection({ replica, view, user, touched, assertOpen: () => this.#assertOpen(), onEdited });
  }

  #part(scope: string): Part {
    let part = this.#parts.get(scope);
    if (!part) {
      const replica = new StoredReplica(this.#storage, scopeOf(scope), () => ownerOf(this.#transport));
      this.#parts.set(scope, (part = { replica, view: new View(replica) }));
    }
    return part;
  }

  /** Whoever asks for these collections again means to have them again. */
  #forget(scopes: readonly string[]): void {
    for (const scope of scopes) {
      this.#collections.delete(scope);
      this.#parts.get(scope)?.view.forget();
    }
  }

  /** Documents changed in the storage: the views of all tabs follow. */
  async #changed(scope: string, ids: readonly string[]): Promise<void> {
    this.#tabs.post({ type: "changed", scope, ids });
    await this.#parts.get(scope)?.view.refresh(ids);
  }

  /** This tab's view need not read what the tab itself has just written. */
  async #kept(scope: string, kept: Kept): Promise<void> {
    this.#tabs.post({ type: "changed", scope, ids: [...kept.keys()] });
    await this.#parts.get(scope)?.view.take(kept);
  }

  /** This tab tells of what is kept; the others, of what they are told: it may be kept no longer. */
  async #reported(scope: string, conflicts: readonly Conflict[]): Promise<void> {
    this.#tabs.post({ type: "conflicts", scope, conflicts });
    await this.#reports.tell(this.#part(scope).replica);
  }

  async #tellOfConflicts(): Promise<void> {
    for (const scope of await this.#storage.scopes()) await this.#reports.tell(this.#part(scope).replica);
  }

  #edited(scope: string): void {
    if (this.#leader) this.#leader.kick(scope);
    else this.#tabs.post({ type: "edited", scope });
  }

  #emit<Name extends keyof StoreEvents>(name: Name, event: StoreEvents[Name]): void {
    this.#listeners.emit(name, event);
    this.#tabs.post({ type: "event", name, event });
  }

  #changeStatus(status: Status): void {
    this.#status = status;
    this.#listeners.emit("status", status);
  }

  #tellStatus({ error, ...status }: Status): void {
    this.#changeStatus({ ...status, ...(error && { error }) });
    this.#tabs.post({ type: "status", status: { ...status, ...(error && { error: told(error) }) } });
  }

  #hear(message: Message): void {
    switch (message.type) {
      case "changed":
        return void this.#parts
          .get(message.scope)
          ?.view.refresh(message.ids)
          .catch(() => undefined);
      case "conflicts":
        return void this.#reports
          .pass(this.#part(message.scope).replica, message.conflicts)
          .catch(() => undefined);
      case "edited":
        return this.#leader?.kick(message.scope);
      case "forgotten":
        return this.#forget(message.scopes);
      case "asked":
        this.#asks.add(message.asks);
        return this.#leader?.now();
      case "passed":
        return this.#asks.settle(message.asks, message.error && heard(message.error));
      case "status": {
        const { error, ...status } = message.status;
        return this.#changeStatus({ ...status, ...(error && { error: heard(error) }) });
      }
      case "event":
        return void this.#listeners.emit(message.name, message.event as never);
      case "token":
        return this.#heardOf(message.token);
      case "signedIn":
        return this.#leader?.signedIn();
      case "wiped":
        this.#listeners.emit("signedOut", undefined);
        return void this.close();
    }
  }

  #passed(error: SynclineError | undefined): void {
    if (!error) this.#isHurried = false;
    const asks = this.#asks.end(error);
    this.#tabs.post({ type: "passed", asks, ...(error && { error: told(error) }) });
  }

  #renewed(token: string): void {
    this.#took(token);
    this.#tabs.post({ type: "token", token });
  }

  /**
   * Another tab took a token, and told all: to pass it on might never end. Nor might it end if each of two
   * leading tabs began anew with every token that the other one was given in place of a refused one.
   */
  #heardOf(token: string): void {
    if (this.#session.take(token)) this.#took(token);
  }

  /** A token may be the first that tells the issuer. */
  #took(token: string): void {
    void tellOwner(this.#storage, this.#transport);
    this.#listeners.emit("token", token);
  }

  #lead(isLeader: boolean): void {
    this.#leader?.stop();
    this.#leader = isLeader ? this.#newLeader() : undefined;
    if (!isLeader) this.#handOver();
  }

  /**
   * Whoever leads now answers what this tab has not, and pushes what was edited in it: the pass of that one
   * may have begun before.
   */
  #handOver(): void {
    this.#tabs.post({ type: "asked", asks: this.#asks.giveUp() });
  }

  #watchPage(): void {
    const { signal } = this.#closing;
    globalThis.addEventListener?.("online", () => this.#leader?.now(), { signal });
    globalThis.addEventListener?.("pageshow", (event) => event.persisted && this.#wokeUp(), { signal });
    globalThis.document?.addEventListener("visibilitychange", () => this.#lookedAt(), { signal });
  }

  /**
   * The page was put away as a whole, and has not heard of what other tabs did. What it asked a server before
   * that may never be answered.
   */
  #wokeUp(): void {
    for (const { view } of this.#parts.values()) view.forget();
    if (this.#leader) this.#leadAnew();
  }

  /** Begins again with all that is asked for, what a pass has taken up included. */
  #leadAnew(): void {
    this.#asks.giveUp();
    this.#lead(true);
  }

  /** The user looks at this tab: it leads, and has what is new. */
  #lookedAt(): void {
    if (!isVisible()) return;
    if (this.#leader) this.#leader.now();
    else this.#tabs.lead(true);
  }
}

/** Opens the documents of a user in an application, and begins to synchronise them. */
export function openStore(options: StoreOptions): Promise<Store> {
  return Store.open(options);
}

/** Throws if edits would be lost with a scope. */
function assertSent(scope: string, waiting: readonly string[]): void {
  if (waiting.length === 0) return;
  const message = "has edits that the server has not stored";
  const details = waiting.map((id) => ({ ...documentIdOf(id), field: "", message }));
  const documents = waiting.length === 1 ? "a document has" : `${waiting.length} documents have`;
  const sentence = `of \`${scopeOf(scope).collection}\`, ${documents} edits that the server has not stored`;
  throw new SynclineError("unsent", `${sentence}: call \`sync\` first, or pass \`discardUnsent\``, {
    details,
  });
}

function isVisible(): boolean {
  return globalThis.document?.visibilityState === "visible";
}

function closedError(): SynclineError {
  return new SynclineError("closed", "the store is closed: open it again");
}
