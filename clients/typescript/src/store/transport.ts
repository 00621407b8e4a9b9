import { assertAnswer } from "../core/answer.js";
import { type Detail, SynclineError } from "../core/error.js";
import { byteLength } from "../core/limits.js";
import type { SyncAnswer, SyncRequest } from "../core/wire.js";
import type { Session } from "./session.js";

/** As `globalThis.fetch`. */
export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/** How long a server may be silent, in milliseconds. */
const SILENCE = 60_000;

/** How many bytes a line takes in a millisecond, at the least: 4 KiB in a second. */
const SLOWEST = 4.096;

/** What the answer to an error holds. */
interface ErrorBody {
  readonly error?: unknown;
  readonly code?: string;
  readonly reason?: string;
  readonly details?: readonly Detail[];
  readonly serverTime?: number;
}

/** Reaches one application of one server as one user. */
export class Transport {
  /** Which application of which server. */
  readonly place: string;

  constructor(
    url: string,
    app: string,
    readonly session: Session,
    readonly fetch: Fetch = (input, init) => globalThis.fetch(input, init),
  ) {
    this.place = `${baseOf(url)}/${encodeURIComponent(app)}`;
  }

  /** Sends a request and reads its answer. Errors tell by `isRefusal` whether the server took nothing in. */
  async sync(body: SyncRequest, org: string | undefined, signal: AbortSignal): Promise<SyncAnswer> {
    const text = JSON.stringify(body);
    const patience = new Patience(SILENCE + byteLength(text) / SLOWEST, signal);
    const headers = { "Content-Type": "application/json", ...(org !== undefined && { "X-Org-Id": org }) };
    const request = { method: "POST", headers, body: text, signal: patience.signal };
    try {
      const response = await this.#send("sync", request);
      const answer = (await readJson(response, () => patience.renew(SILENCE))) as SyncAnswer;
      assertAnswer(answer);
      return answer;
    } finally {
      patience.end();
    }
  }

  /** Opens the stream of live pokes. How long that may be silent is its reader's business. */
  async events(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const patience = new Patience(SILENCE, signal);
    try {
      const request = { headers: { Accept: "text/event-stream" }, signal: patience.signal };
      const response = await this.#send("events", request);
      if (!response.body) throw new SynclineError("answer", "the server's answer holds no events");
      return response.body;
    } finally {
      patience.end();
    }
  }

  /** Sends a request; with a new token once more, if the server did not accept the old one. */
  async #send(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const presented = this.session.present();
    let { token } = presented;
    let response = await this.#fetch(path, init, token);
    const other = response.status === 401 ? await this.session.insteadOf(presented) : undefined;
    if (other !== undefined) {
      token = other;
      response = await this.#fetch(path, init, token);
    }
    if (!response.ok) throw await errorOf(response);
    const renewed = response.headers.get("X-Auth-Token");
    // One that was set meanwhile is of a later sign-in.
    if (renewed && this.session.token === token) this.session.renew(renewed);
    return response;
  }

  async #fetch(
    path: string,
    init: RequestInit & { headers: Record<string, string> },
    token: string,
  ): Promise<Response> {
    const headers = { ...init.headers, Authorization: `Bearer ${token}` };
    try {
      return await this.fetch(`${this.place}/${path}`, { ...init, headers });
    } catch (cause) {
      throw networkError(cause);
    }
  }
}

/** Whether the server took nothing in of the request. Otherwise that is not known. */
export function isRefusal(error: unknown): boolean {
  return error instanceof SynclineError && (error.code === "refused" || error.code === "unauthorized");
}

/** The server's URL without what no address has, such as a slash at its end. */
export function baseOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url, globalThis.location?.href);
  } catch (cause) {
    throw new SynclineError(
      "options",
      "`url` is no URL: give the server's, such as https://sync.example.org",
      { cause },
    );
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new SynclineError("options", "`url` begins with neither `http://` nor `https://`");
  }
  return parsed.href.replace(/[?#].*$/, "").replace(/\/+$/, "");
}

/** Calls `onSign` whenever something of the answer comes. */
async function readJson(response: Response, onSign: () => void): Promise<unknown> {
  const text = await readText(response, onSign).catch((cause: unknown) => {
    throw networkError(cause);
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SynclineError("answer", "the server's answer is not one of a sync: check the URL", { cause });
  }
}

async function readText(response: Response, onSign: () => void): Promise<string> {
  onSign();
  // Not every `fetch` can read piece by piece.
  if (!response.body) return response.text();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    onSign();
    text += decoder.decode(read.value, { stream: true });
  }
  return text + decoder.decode();
}

async function errorOf(response: Response): Promise<SynclineError> {
  const { status } = response;
  // What stands between may answer with any JSON.
  const body = ((await response.json().catch(() => null)) ?? {}) as ErrorBody;
  const sentence = typeof body.error === "string" ? body.error : `HTTP status ${status}`;
  const code = body.reason ?? body.code;
  const retryAfter = Number(response.headers.get("Retry-After")) * 1000;
  const facts = {
    status,
    ...(body.details && { details: body.details }),
    ...(code !== undefined && { reason: code }),
    ...(body.serverTime !== undefined && { serverTime: body.serverTime }),
    ...(retryAfter > 0 && { retryAfter }),
  };
  if (status === 401) {
    return new SynclineError(
      "unauthorized",
      `the server does not accept the session: ${sentence}: sign in again`,
      facts,
    );
  }
  if (status === 408 || status === 429 || status >= 500) {
    return new SynclineError("unavailable", `the server cannot answer at present: ${sentence}`, facts);
  }
  return new SynclineError("refused", `the server refused the request: ${sentence}`, facts);
}

function networkError(cause: unknown): SynclineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SynclineError("network", `the server could not be reached: ${reason}`, { cause });
}

/** Gives a request up when nothing of its answer comes for a time, or when `outer` says stop. */
class Patience {
  readonly #controller = new AbortController();
  readonly #abort: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    milliseconds: number,
    readonly outer: AbortSignal,
  ) {
    this.#abort = () => {
      // A `fetch` that hears of no signal would have it wait, and the program with it.
      clearTimeout(this.#timer);
      this.#controller.abort(outer.reason);
    };
    outer.addEventListener("abort", this.#abort);
    if (outer.aborted) this.#abort();
    else this.renew(milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on there is so much time. */
  renew(milliseconds: number): void {
    clearTimeout(this.#timer);
    const giveUp = () => this.#controller.abort(new Error("the server was silent for too long"));
    this.#timer = setTimeout(giveUp, milliseconds);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.outer.removeEventListener("abort", this.#abort);
  }
}
