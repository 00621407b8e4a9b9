import { SynclineError } from "../core/error.js";
import { delayAfter, sleep } from "./delay.js";
import type { Scope } from "./replica.js";
import type { Transport } from "./transport.js";

/** What listens to the server's pokes: hints that a scope changed, never the change itself. */
export interface LiveListener {
  onPoke(scope: Scope): void;
  /** Any scope may have changed. */
  onPokeOfAll(): void;
  /** A stream opened or ended. Between two streams any number of pokes may have been missed. */
  onStream(isOpen: boolean): void;
}

/**
 * How long a server that turns out to have no pokes is left alone, in milliseconds. Where it has, something
 * that stands between has answered for it.
 */
const ABSENCE = 3_600_000;

/** A stream that ends earlier, in milliseconds, might as well not have been opened. */
const BRIEF = 5_000;

/**
 * So many failures in a row make the pause after such a stream as long as it gets, which is eight seconds:
 * it tells of changes still.
 */
const MOST_BRIEF = 3;

/**
 * Listens to live pokes until `signal` says stop, over a stream that is opened again whenever it ends.
 * While a server has none, there are only the regular pulls.
 */
export class LivePokes {
  #failures = 0;
  /** Ends the pause before the next attempt, also one that is still to come. */
  #hurry = new AbortController();

  constructor(
    readonly transport: Transport,
    readonly listener: LiveListener,
    readonly signal: AbortSignal,
  ) {}

  /** Opens the stream at once if it is not open, whatever failed before. */
  hurry(): void {
    this.#failures = 0;
    this.#hurry.abort();
  }

  async listen(): Promise<void> {
    while (!this.signal.aborted) {
      this.#hurry = new AbortController();
      let failure: SynclineError | undefined;
      try {
        await this.#read();
      } catch (error) {
        failure = error instanceof SynclineError ? error : undefined;
      }
      if (this.signal.aborted) return;
      this.listener.onStream(false);
      await sleep(this.#pauseAfter(failure), this.signal, this.#hurry.signal);
    }
  }

  #pauseAfter(failure: SynclineError | undefined): number {
    return failure?.code === "refused" ? ABSENCE : delayAfter(failure, this.#failures++);
  }

  async #read(): Promise<void> {
    const stream = await this.transport.events(this.signal);
    const began = performance.now();
    this.#hurry = new AbortController();
    this.listener.onStream(true);
    const onEvent = (name: string, data: string) => {
      if (name === "change") poke(this.listener, data);
    };
    try {
      await readEvents(stream, onEvent, this.signal);
    } finally {
      this.#lasted(performance.now() - began);
    }
  }

  /**
   * A stream that has lasted for a while was no failure. One that something between ends at once would else
   * be opened, and everything synchronised, every second.
   */
  #lasted(milliseconds: number): void {
    this.#failures = milliseconds < BRIEF ? Math.min(this.#failures, MOST_BRIEF) : 0;
  }
}

/** The server says something every 15 seconds; a stream that is silent for so long is dead. */
const SILENCE = 45_000;

/**
 * Calls `onEvent` for each event of a stream of server-sent events, until it ends, falls silent, or
 * `signal` says stop.
 */
export async function readEvents(
  stream: ReadableStream<Uint8Array>,
  onEvent: (name: string, data: string) => void,
  signal: AbortSignal,
  silence = SILENCE,
): Promise<void> {
  const decoder = new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>;
  const reader = stream.pipeThrough(decoder).getReader();
  const cancel = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", cancel);
  if (signal.aborted) cancel();
  try {
    await readWhole(reader, onEvent, silence, cancel);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

async function readWhole(
  reader: ReadableStreamDefaultReader<string>,
  onEvent: (name: string, data: string) => void,
  silence: number,
  onSilence: () => void,
): Promise<void> {
  let rest = "";
  for (;;) {
    const timer = setTimeout(onSilence, silence);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    const events = (rest + value.replaceAll("\r", "")).split("\n\n");
    rest = events.pop()!;
    for (const event of events) emit(event, onEvent);
  }
}

function emit(event: string, onEvent: (name: string, data: string) => void): void {
  const fields = event.split("\n").map((line) => /^([^:]*):? ?(.*)$/s.exec(line)!);
  const valuesOf = (field: string) =>
    fields.filter(([, name]) => name === field).map(([, , value]) => value!);
  const data = valuesOf("data");
  if (data.length > 0) onEvent(valuesOf("event").at(-1) ?? "message", data.join("\n"));
}

function poke(listener: LiveListener, data: string): void {
  const scope = scopeOf(data);
  if (scope) listener.onPoke(scope);
  else listener.onPokeOfAll();
}

/** What changed; none if the poke does not tell, or not as this client reads it. */
function scopeOf(data: string): Scope | undefined {
  try {
    const { collection, orgId } = JSON.parse(data) as { collection?: unknown; orgId?: unknown };
    if (typeof collection !== "string") return undefined;
    return { collection, ...(typeof orgId === "string" && { org: orgId }) };
  } catch {
    return undefined;
  }
}
