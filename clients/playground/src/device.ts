import {
  type Clocks,
  type Collection,
  type Conflict,
  type DocumentId,
  type Found,
  type Store,
  type Status,
  SynclineError,
  indexedDbStorage,
  keysOf,
  openStore,
} from "@syncline/client";

import { Network } from "./network.js";
import { Observable } from "./observable.js";
import { randomText } from "./random.js";
import { APPLICATION, COLLECTION, type Call, SERVER, call, send, sentenceOf } from "./server.js";
import { type Person, signInAs } from "./session.js";

/** A task, as the sample configuration's schema has it. */
export interface Task {
  title: string;
  done?: boolean;
  priority?: "low" | "medium" | "high";
  notes?: string;
}

/** What a device was told of a field that two devices changed. */
export interface Notice {
  readonly id: number;
  readonly conflict: Conflict;
  /** The task's title when the notice came. */
  readonly title: string;
}

/** Without live pokes the server is asked so often. */
const POLL_INTERVAL = 2_000;

let notices = 0;

/** A device of a person: a store of its own, and a switch for its network. */
export class Device extends Observable {
  readonly network: Network;
  #store!: Store;
  #token: string;
  #tasks: readonly Found<Task>[] = [];
  #status: Status = { state: "idle" };
  #unsent = 0;
  #refreshes = 0;
  #clocks: Clocks | undefined;
  #notices: readonly Notice[] = [];
  #problem: string | undefined;
  #isWiped = false;

  private constructor(
    readonly name: string,
    readonly person: Person,
  ) {
    super();
    this.#token = person.token;
    this.network = new Network(localStorage.getItem(this.#switch) !== "off");
    // Another tab of the page shows the same device.
    addEventListener("storage", ({ key, newValue }) => {
      if (key === this.#switch) this.#turn(newValue !== "off");
    });
  }

  static async open(name: string, person: Person, onToken: (token: string) => void): Promise<Device> {
    const device = new Device(name, person);
    device.#store = await openStore({
      url: SERVER,
      app: APPLICATION,
      token: person.token,
      user: person.userId,
      storage: () => indexedDbStorageOf(device),
      pollInterval: POLL_INTERVAL,
      fetch: device.network.fetch,
      ...(person.isDevelopment && { getToken: () => device.#newToken() }),
    });
    device.#listen(onToken);
    await device.#refresh();
    return device;
  }

  /** What tells it from all others, in this browser. */
  get id(): string {
    return `${this.name.toLowerCase()}:${this.person.userId}`;
  }

  get isOnline(): boolean {
    return this.network.isOn;
  }

  get tasks(): readonly Found<Task>[] {
    return this.#tasks;
  }

  /** How the last sync went. What went wrong still holds while it is tried again. */
  get status(): Status {
    return this.#status;
  }

  /** How many documents wait for the server. */
  get unsent(): number {
    return this.#unsent;
  }

  get clocks(): Clocks | undefined {
    return this.#clocks;
  }

  get notices(): readonly Notice[] {
    return this.#notices;
  }

  /** Whether somebody signed out, in this tab or another: then nothing is on it any more. */
  get isWiped(): boolean {
    return this.#isWiped;
  }

  /** What the device itself could not do. */
  get problem(): string | undefined {
    return this.#problem;
  }

  setOnline(isOnline: boolean): void {
    localStorage.setItem(this.#switch, isOnline ? "on" : "off");
    this.#turn(isOnline);
  }

  /** Resolves when nothing waits on either side. */
  sync(): Promise<void> {
    return this.#store.sync();
  }

  add(title: string, key = newKey()): Promise<void> {
    return this.edit((tasks) => tasks.set(key, { title, done: false }));
  }

  change(task: DocumentId, patch: Partial<Task>): Promise<void> {
    return this.edit((tasks) => tasks.update(task, patch));
  }

  remove(task: DocumentId): Promise<void> {
    return this.edit((tasks) => tasks.delete(task));
  }

  /** Makes an edit. When this resolves, the device keeps it and shows it. */
  async edit(work: (tasks: Collection<Task>) => Promise<unknown>): Promise<void> {
    try {
      await work(this.#collection);
      this.#problem = undefined;
    } catch (error) {
      this.#problem = sentenceOf(error);
    }
    await this.#refresh();
  }

  revisions(task: DocumentId): Promise<Readonly<Record<string, string>>> {
    return this.#collection.revisions(task);
  }

  /** Takes the value that lost, and puts the notice away. */
  async takeOther({ id, conflict }: Notice): Promise<void> {
    const [field] = keysOf(conflict.field);
    const { key, owner } = conflict;
    const value = lostIn(conflict) ?? undefined;
    await this.edit(async (tasks) => {
      await tasks.update({ key, ...(owner !== undefined && { owner }) }, { [field!]: value });
      this.dismiss(id);
    });
  }

  dismiss(id: number): void {
    this.#notices = this.#notices.filter((notice) => notice.id !== id);
    this.changed();
  }

  /** Calls the server as the device's person, through the device's network. */
  call<T>(path: string, options: Call = {}): Promise<T> {
    return call<T>(path, { ...options, token: this.#token, fetch: this.network.fetch });
  }

  send(path: string): Promise<Response> {
    return send(path, { token: this.#token, fetch: this.network.fetch });
  }

  /** Throws when edits would be lost with the device. */
  async assertSent(): Promise<void> {
    if (!this.#isWiped && (await this.#store.unsent()) > 0) {
      throw new SynclineError("unsent", `${this.name} has edits that the server has not stored`);
    }
  }

  /** Wipes the device. Throws when edits would be lost, unless `discardUnsent`. */
  async wipe(discardUnsent: boolean): Promise<void> {
    if (this.#isWiped) return;
    await this.#store.signOut({ discardUnsent });
    localStorage.removeItem(this.#switch);
  }

  get #collection(): Collection<Task> {
    return this.#store.collection<Task>(COLLECTION);
  }

  get #switch(): string {
    return `syncline.network:${this.id}`;
  }

  #turn(isOnline: boolean): void {
    this.network.isOn = isOnline;
    // How that goes is in the status; how it went without a network is of no interest any more.
    this.#status = { state: "idle" };
    if (isOnline) this.#store.sync().catch(() => undefined);
    this.changed();
  }

  #listen(onToken: (token: string) => void): void {
    this.#store.on("token", (token) => {
      this.#token = token;
      onToken(token);
    });
    this.#store.on("signedOut", () => {
      this.#isWiped = true;
      this.changed();
    });
    this.#store.on("status", (status) => {
      if (status.state !== "syncing") this.#status = status;
      void this.#refresh();
    });
    this.#store.on("conflict", ({ conflict }) => this.#tellOf(conflict));
    this.#collection.subscribe({}, () => void this.#refresh());
  }

  #tellOf(conflict: Conflict): void {
    if (conflict.reason === "repeated") return;
    const { key, owner } = conflict;
    const task = this.#tasks.find((task) => task.key === key && task.owner === owner);
    const notice = { id: ++notices, conflict, title: task?.doc.title ?? "A task" };
    this.#notices = [...this.#notices, notice];
    this.changed();
  }

  async #refresh(): Promise<void> {
    const number = ++this.#refreshes;
    try {
      const [tasks, unsent, clocks] = await Promise.all([
        this.#collection.query(),
        this.#store.unsent(),
        this.#collection.clocks(),
      ]);
      // One that began later knows more, though it may have ended sooner.
      if (number !== this.#refreshes) return;
      this.#tasks = tasks;
      this.#unsent = unsent;
      this.#clocks = clocks;
    } catch (error) {
      this.#problem = sentenceOf(error);
    }
    this.changed();
  }

  async #newToken(): Promise<string> {
    return (await signInAs(this.person.name, { fetch: this.network.fetch })).token;
  }
}

/** The value that was not taken; none if that was a removal. */
export function lostIn({ winner, localValue, remoteValue }: Conflict): Conflict["localValue"] {
  return winner === "local" ? remoteValue : localValue;
}

function indexedDbStorageOf({ id }: Device): ReturnType<ReturnType<typeof indexedDbStorage>> {
  return indexedDbStorage(`syncline-playground:${id}`)();
}

/** Tasks are shown in the order of their keys: the one that was made last comes last. */
function newKey(): string {
  return `${Date.now().toString(36)}-${randomText().slice(0, 8)}`;
}
