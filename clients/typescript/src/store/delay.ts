import type { SynclineError } from "../core/error.js";

const FIRST = 1_000;
const GREATEST = 60_000;

/** Timers take no longer time: they would end at once. */
export const LONGEST = 2 ** 31 - 1;

/** How long an error that only the user can mend is left alone. */
const PATIENCE = 60_000;

/**
 * How long to wait after so many failures in a row: twice as long after each, at most a minute, and
 * at random between half of that and all of it, so that devices do not come back all at once.
 */
export function backOff(failures: number, random = Math.random()): number {
  return Math.min(GREATEST, FIRST * 2 ** failures) * (0.5 + random / 2);
}

/** How long to wait after a failure that came after so many others in a row. */
export function delayAfter(error: SynclineError | undefined, failures: number): number {
  const pause = error?.code === "unauthorized" ? PATIENCE : backOff(failures);
  return Math.max(error?.retryAfter ?? 0, pause);
}

/** About so long: devices that began together do not stay together. */
export function roughly(milliseconds: number): number {
  return milliseconds * (0.8 + Math.random() * 0.4);
}

/** Waits, at most until one of `signals` says stop. */
export function sleep(milliseconds: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(milliseconds, LONGEST));
    for (const signal of signals) signal.addEventListener("abort", end);
    if (signals.some(({ aborted }) => aborted)) end();
  });
}
