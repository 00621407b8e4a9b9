/** What went wrong, for a program to tell apart. */
export type ErrorCode =
  /** A clock is malformed, or cannot advance. */
  | "clock"
  /** The node of a clock is not 1 to 1,003 printable ASCII characters. */
  | "node"
  /** No server would store the document, or no document can have the key; see `details`. */
  | "document"
  /** The snapshot is none that this version of the library can read. */
  | "snapshot"
  /** The options do not fit together. */
  | "options"
  /** The store was closed, or signed out. */
  | "closed"
  /** Edits would be lost that the server has not stored. */
  | "unsent"
  /** The device has no room left for what should be kept. */
  | "quota"
  /** The browser does not let the page keep anything. */
  | "blocked"
  /** The local storage does not work. */
  | "storage"
  /** The server does not accept the session: sign in again. */
  | "unauthorized"
  /** The server will not do it, and stored none of it. */
  | "refused"
  /** The server cannot do it at present. */
  | "unavailable"
  /** The server was not reached, or the connection broke. */
  | "network"
  /** What answered is no Syncline server. */
  | "answer";

/** A place in a document that breaks a rule. */
export interface Detail {
  /** The document's key, where the server says so. */
  readonly key?: string;
  /** The dot-path of the field; empty for the document as a whole. */
  readonly field: string;
  /** The rule. */
  readonly message: string;
}

/** What an error tells beside its sentence. */
export interface ErrorFacts {
  readonly cause?: unknown;
  /** Each place that breaks a rule. */
  readonly details?: readonly Detail[];
  /** The HTTP status. */
  readonly status?: number;
  /** The server's own code, such as `schema_validation_failed`; `idle` or `hard` for an expired session. */
  readonly reason?: string;
  /** When to try again, in milliseconds. */
  readonly retryAfter?: number;
  /** The server's time in milliseconds, where a clock is too far ahead of it. */
  readonly serverTime?: number;
}

/** The only error that this library throws on purpose. Its message is a sentence for people. */
export class SynclineError extends Error {
  override readonly name = "SynclineError";
  readonly details: readonly Detail[];
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfter: number | undefined;
  readonly serverTime: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    facts: ErrorFacts = {},
  ) {
    super(message, { cause: facts.cause });
    this.details = facts.details ?? [];
    this.status = facts.status;
    this.reason = facts.reason;
    this.retryAfter = facts.retryAfter;
    this.serverTime = facts.serverTime;
  }
}
