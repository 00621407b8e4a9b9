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

interface Scope {
  record: ScopeRecord;
  readonly entries: Map<string, Entry>;
  /** The ids in their order, until one comes or goes: the pages of a long reading need not sort them each. */
  ids?: readonly string[] | undefined;
}

/** Keeps everything in memory, as long as the program runs. */
export class MemoryStorage implements Storage {
  readonly #scopes = new Map<string, Scope>();
  #last: Promise<unknown> = Promise.resolve();

  scopes(): Promise<string[]> {
    return Promise.resolve([...this.#scopes.keys()]);
  }

  read(scope: string, wanted: Wanted): Promise<Loaded> {
    return Promise.resolve(this.#load(scope, wanted));
  }

  page(scope: string, after: string | undefined, limit: number): Promise<[string, Entry][]> {
    const kept = this.#scopes.get(scope);
    if (!kept) return Promise.resolve([]);
    kept.ids ??= [...kept.entries.keys()].sort();
    const start = after === undefined ? 0 : countUpTo(after, kept.ids);
    const ids = kept.ids.slice(start, start + limit);
    return Promise.resolve(ids.map((id) => [id, kept.entries.get(id)!]));
  }

  update<T>(scope: string, wanted: Wanted, change: (loaded: Loaded) => Change<T>): Promise<T> {
    return this.exclusively(async () => {
      const { written, result } = change(this.#load(scope, wanted));
      if (written) {
        await this.keep(scope, written);
        this.put(scope, written);
      }
      return result;
    });
  }

  drop(scopes: readonly string[], check?: Check): Promise<void> {
    return this.exclusively(async () => {
      this.#check(scopes, check);
      await this.keepWithout(scopes);
      this.remove(scopes);
    });
  }

  wipe(check?: Check): Promise<void> {
    return this.exclusively(async () => {
      this.#check([...this.#scopes.keys()], check);
      await this.keepNothing();
      this.#scopes.clear();
    });
  }

  close(): Promise<void> {
    return this.exclusively(() => Promise.resolve());
  }

  /** Makes a change durable, before it is seen. */
  protected keep(_scope: string, _written: Written): Promise<void> {
    return Promise.resolve();
  }

  /** Makes durable that scopes go, all at once. */
  protected keepWithout(_scopes: readonly string[]): Promise<void> {
    return Promise.resolve();
  }

  /** Makes durable that everything goes, and that nothing comes after that. */
  protected keepNothing(): Promise<void> {
    return Promise.resolve();
  }

  /** Runs `work` after all that came before it. */
  protected exclusively<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next;
    return next;
  }

  protected remove(scopes: readonly string[]): void {
    for (const scope of scopes) this.#scopes.delete(scope);
  }

  /** Takes a change in. */
  protected put(scope: string, written: Written): void {
    const kept: Scope = this.#scopes.get(scope) ?? { record: written.record, entries: new Map() };
    kept.record = written.record;
    for (const [id, entry] of written.entries) {
      if (kept.entries.has(id) !== (entry !== undefined)) kept.ids = undefined;
      if (entry) kept.entries.set(id, entry);
      else kept.entries.delete(id);
    }
    this.#scopes.set(scope, kept);
  }

  /** Everything that is kept. */
  protected *contents(): Generator<[scope: string, written: Written]> {
    for (const [scope, { record, entries }] of this.#scopes) yield [scope, { record, entries }];
  }

  #check(scopes: readonly string[], check?: Check): void {
    if (!check) return;
    for (const scope of scopes) {
      const entries = [...(this.#scopes.get(scope)?.entries ?? [])];
      const waiting = entries.filter(([, entry]) => waitsAs(entry));
      check(
        scope,
        waiting.map(([id]) => id),
      );
    }
  }

  #load(scope: string, wanted: Wanted): Loaded {
    const { ids = [], waitingOf = [], unsent = 0, rejected = false, all = false } = wanted;
    const kept = this.#scopes.get(scope);
    if (!kept) return { record: undefined, entries: new Map() };
    if (all) return { record: kept.record, entries: new Map(kept.entries) };
    const entries = new Map<string, Entry>();
    for (const id of [...ids, ...waitingOf]) {
      const entry = kept.entries.get(id);
      if (entry) entries.set(id, entry);
    }
    let left = unsent;
    for (const [id, entry] of kept.entries) {
      const waits = waitsAs(entry);
      if ((waits === "unsent" && left-- > 0) || (waits === "rejected" && rejected)) entries.set(id, entry);
    }
    return { record: kept.record, entries };
  }
}

/** How many of `ids`, which are in their order, do not come after `id`. */
function countUpTo(id: string, ids: readonly string[]): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ids[middle]! > id) high = middle;
    else low = middle + 1;
  }
  return low;
}
