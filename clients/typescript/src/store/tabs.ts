import { type ErrorCode, type ErrorFacts, SynclineError } from "../core/error.js";
import type { Conflict } from "../core/wire.js";
import type { StoreEvents } from "./events.js";
import type { Status } from "./loop.js";

/** An error as it can be sent to another tab: errors with members of their own cannot. */
export type ToldError = ErrorFacts & { readonly code: ErrorCode; readonly message: string };

/** What tabs tell each other. */
export type Message =
  /** Documents changed in the storage. */
  | { readonly type: "changed"; readonly scope: string; readonly ids: readonly string[] }
  /** Conflicts of which nobody has perhaps heard. */
  | { readonly type: "conflicts"; readonly scope: string; readonly conflicts: readonly Conflict[] }
  /** Scopes went from the storage. */
  | { readonly type: "forgotten"; readonly scopes: readonly string[] }
  /** An edit waits to be pushed. */
  | { readonly type: "edited"; readonly scope: string }
  /** Whoever leads is to answer this with a pass that begins then; a tab that does not may lead next. */
  | { readonly type: "asked"; readonly asks: readonly string[] }
  /** A pass of the sync loop ended, and answers this. */
  | { readonly type: "passed"; readonly asks: readonly string[]; readonly error?: ToldError }
  | { readonly type: "status"; readonly status: Omit<Status, "error"> & { readonly error?: ToldError } }
  | { readonly type: "event"; readonly name: keyof StoreEvents; readonly event: unknown }
  /** The session's token was renewed. */
  | { readonly type: "token"; readonly token: string }
  /** The application gave a token after a new sign-in: what was refused before may be accepted. */
  | { readonly type: "signedIn" }
  /** The user signed out: everything is gone. */
  | { readonly type: "wiped" };

/** What is told of an error; its cause stays here. */
export function told({
  code,
  message,
  details,
  status,
  reason,
  retryAfter,
  serverTime,
}: SynclineError): ToldError {
  const facts = { status, reason, retryAfter, serverTime };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return { code, message, details, ...(Object.fromEntries(known) as ErrorFacts) };
}

/** The error that another tab told of. */
export function heard({ code, message, ...facts }: ToldError): SynclineError {
  return new SynclineError(code, message, facts);
}

/** What a tab hears. */
export interface TabListener {
  onMessage(message: Message): void;
  /** This tab runs the sync loop from now on, or no longer; also if it was about to. */
  onLead(isLeader: boolean): void;
}

/**
 * The tabs that share a database. One of them leads: it runs the sync loop. It is the one that the
 * user looked at last, since browsers slow hidden tabs down or freeze them.
 *
 * A storage that nobody shares has one user, which leads. So does every tab where the browser has no
 * Web Locks (on pages without HTTPS): they disturb each other, but the storage lets nothing go wrong.
 */
export class Tabs {
  readonly #channel: BroadcastChannel | undefined;
  readonly #locks: LockManager | undefined;
  readonly #closed = new AbortController();
  #release: (() => void) | undefined;
  #isQueued = false;

  constructor(
    readonly name: string | undefined,
    readonly listener: TabListener,
  ) {
    this.#channel =
      name !== undefined && "BroadcastChannel" in globalThis ? new BroadcastChannel(name) : undefined;
    this.#locks = name === undefined ? undefined : globalThis.navigator?.locks;
    if (this.#channel) this.#channel.onmessage = ({ data }) => listener.onMessage(data as Message);
  }

  /** Whether this tab runs the sync loop. */
  get isLeader(): boolean {
    return this.#release !== undefined;
  }

  /** Leads, at once if `isUrgent`, or else when no other tab does. */
  lead(isUrgent: boolean): void {
    if (this.isLeader || this.#closed.signal.aborted) return;
    if (!this.#locks) return this.#begin(() => undefined);
    if (isUrgent) return this.#request(this.#locks, { steal: true });
    if (!this.#isQueued) this.#request(this.#locks, { signal: this.#closed.signal });
    this.#isQueued = true;
  }

  /** Tells all other tabs. */
  post(message: Message): void {
    if (!this.#closed.signal.aborted) this.#channel?.postMessage(message);
  }

  close(): void {
    this.#closed.abort();
    this.#channel?.close();
    this.#release?.();
    this.#release = undefined;
  }

  #request(locks: LockManager, options: LockOptions): void {
    const hold = () => {
      if (options.signal) this.#isQueued = false;
      return new Promise<void>((resolve) => this.#begin(resolve));
    };
    locks.request(`${this.name}:leader`, options, hold).catch(() => this.#lose());
  }

  #begin(release: () => void): void {
    if (this.#closed.signal.aborted || this.isLeader) return release();
    this.#release = release;
    this.listener.onLead(true);
  }

  /** Another tab took the lead. */
  #lose(): void {
    if (this.#closed.signal.aborted) return;
    this.#release = undefined;
    this.listener.onLead(false);
    this.lead(false);
  }
}
