import { SynclineError } from "../core/error.js";
import { backOff, sleep } from "./delay.js";
import type { Scope } from "./replica.js";
import type { Transport } from "./transport.js";

/** What listens to the server's pokes: hints that a scope changed, never the change itself. */
export interface LiveListener {
  onPoke(scope: Scope): void;
  /** A stream opened or ended. Between two streams any number of pokes may have been missed. */
  onStream(isOpen: boolean): void;
}

/**
 * Listens to live pokes until `signal` says stop, over a stream that is opened again whenever it ends.
 * A server without pokes is left alone: then there are only the regular pulls.
 */
export async function listen(
  transport: Transport,
  listener: LiveListener,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const stream = await transport.events(signal);
      failures = 0;
      listener.onStream(true);
      await readEvents(stream, (name, data) => {
        if (name === "change") listener.onPoke(scopeIn(data));
      });
    } catch (error) {
      if (isWithoutPokes(error)) return;
    }
    if (signal.aborted) return;
    listener.onStream(false);
    await sleep(backOff(failures++), signal);
  }
}

/** Calls `onEvent` for each event of a stream of server-sent events. */
export async function readEvents(
  stream: ReadableStream<Uint8Array>,
  onEvent: (name: string, data: string) => void,
): Promise<void> {
  const reader = stream
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let buffer = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffer += value.replaceAll("\r", "");
    const events = buffer.split("\n\n");
    buffer = events.pop()!;
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

function scopeIn(data: string): Scope {
  const { collection, orgId } = JSON.parse(data) as { collection: string; orgId?: string | null };
  return { collection, ...(orgId && { org: orgId }) };
}

function isWithoutPokes(error: unknown): boolean {
  return error instanceof SynclineError && error.code === "refused";
}
