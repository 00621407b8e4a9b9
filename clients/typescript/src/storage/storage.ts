import type { Entry, ReplicaState } from "../core/replica.js";
import type { Conflict } from "../core/wire.js";

/** What is kept of a scope (one collection in one namespace) beside its documents. */
export interface ScopeRecord {
  /** Whose documents these are: server, application, user and issuer. */
  readonly owner?: string;
  readonly state: ReplicaState;
  /** The last request that began. An answer to another one comes too late. */
  readonly request?: string;
  /** Conflicts that the application has perhaps not heard of: the program may end at any moment. */
  readonly reports?: readonly Conflict[];
}

/** Which documents an operation concerns. */
export interface Wanted {
  readonly ids?: readonly string[];
  /** Those of these that wait for the server; the others need not be read, whatever is kept of them. */
  readonly waitingOf?: readonly string[];
  /** At most so many that wait to be pushed. */
  readonly unsent?: number;
  /** Those that the server did not store. */
  readonly rejected?: boolean;
  /** Every one. */
  readonly all?: boolean;
}

/** What was found. */
export interface Loaded {
  readonly record: ScopeRecord | undefined;
  readonly entries: Map<string, Entry>;
}

/** What to keep. Documents without an entry go. */
export interface Written {
  readonly record: ScopeRecord;
  readonly entries: ReadonlyMap<string, Entry | undefined>;
}

/** The outcome of a change: what to keep, if anything, and what to tell the caller. */
export interface Change<T> {
  readonly written?: Written;
  readonly result: T;
}

/**
 * Where a store keeps its documents. Every method throws a `SynclineError` with code `quota`,
 * `blocked`, `storage` or `closed`, and then what was kept before is kept still.
 */
export interface Storage {
  /** A name that all users of the same data share, such as the tabs of a browser; none if there is one user. */
  readonly sharedAs?: string;
  /** Every scope that was ever written. */
  scopes(): Promise<string[]>;
  read(scope: string, wanted: Wanted): Promise<Loaded>;
  /** The next documents of a scope in the order of their ids. */
  page(scope: string, after: string | undefined, limit: number): Promise<[id: string, entry: Entry][]>;
  /**
   * Reads, lets `change` decide, and keeps what it says, all at once or not at all. It is durable when
   * the promise resolves. Two updates never overlap, whoever makes them; `change` may be called again.
   */
  update<T>(scope: string, wanted: Wanted, change: (loaded: Loaded) => Change<T>): Promise<T>;
  /** Forgets scopes, all at once or none of them. With `check`, none if that throws. */
  drop(scopes: readonly string[], check?: Check): Promise<void>;
  /** Forgets everything. With `check`, nothing if that throws. */
  wipe(check?: Check): Promise<void>;
  close(): Promise<void>;
}

/**
 * Looks at the documents of a scope that wait for the server before the scope is forgotten, in the same
 * step: no update comes between.
 */
export type Check = (scope: string, waiting: readonly string[]) => void;

/** How an entry waits for the server, if it does. */
export function waitsAs({ pending, rejection }: Entry): "unsent" | "rejected" | undefined {
  if (!pending) return undefined;
  return rejection ? "rejected" : "unsent";
}
