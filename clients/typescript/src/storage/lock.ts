import {
  closeSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

import { SynclineError } from "../core/error.js";
import { randomId } from "../store/random.js";

/** How long to wait, in milliseconds, for others who come at the same moment to step back. */
const PATIENCE = 1_000;

/** How often to look whether they have. */
const PAUSE = 20;

/** How often whoever uses a file says so, in milliseconds, for those who cannot see its process. */
const SIGN = 10_000;

/** How long without a sign makes a process that cannot be seen one that has ended. */
const SILENCE = 3 * SIGN;

/**
 * Whoever uses a file, as the name of a claim tells it: an empty file beside that one. A container gives
 * its program the same number at each start, and so may a computer: the time tells them apart.
 */
interface Owner {
  readonly claim: string;
  readonly pid: number;
  /** When the process began, in ticks since the system did; empty where there is no `/proc`. */
  readonly started: string;
  /** The start of the system and the container, which see other processes by the same numbers. */
  readonly place: string;
}

/** The claims of this process, for systems that do not tell when a process began. */
const held = new Set<string>();

/**
 * Claims the file at `path` for this process; the function that this returns gives it back. Two
 * processes would each write what the other does not know.
 *
 * Everybody makes a claim of a name of its own, and uses the file when it sees no other: of two, the
 * later one always sees the earlier. Of those who see each other, all but the first by name step back.
 * What a process that has ended left behind can so be removed by anybody at any time, since no name is
 * ever used again.
 */
export async function takeLock(path: string): Promise<() => void> {
  const claim = makeClaim(path);
  const signs = setInterval(() => sign(claim), SIGN);
  signs.unref();
  const giveBack = () => {
    clearInterval(signs);
    rmSync(claim, { force: true });
    held.delete(claim);
  };
  try {
    await standAlone(path, claim);
    return giveBack;
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function standAlone(path: string, claim: string): Promise<void> {
  const end = performance.now() + PATIENCE;
  for (let other = firstOther(path, claim); other; other = firstOther(path, claim)) {
    if (other.claim < claim || performance.now() > end) {
      throw new SynclineError(
        "blocked",
        `process ${other.pid} uses this file already: close its store, or use another file`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

function makeClaim(path: string): string {
  const { pid } = process;
  const name = `${prefixOf(path)}${pid}-${startOf(pid) ?? ""}-${thisPlace()}-${randomId()}`;
  const claim = join(dirname(path), name);
  held.add(claim);
  closeSync(openSync(claim, "wx"));
  return claim;
}

function sign(claim: string): void {
  try {
    utimesSync(claim, new Date(), new Date());
  } catch {
    // Somebody else has removed it: those who see this process know of it no longer either.
  }
}

function prefixOf(path: string): string {
  return `${basename(path)}.lock-`;
}

/** The first by name of the others that use the file or are about to. Claims of those that have ended go. */
function firstOther(path: string, own: string): Owner | undefined {
  for (const name of readdirSync(dirname(path)).sort()) {
    const claim = join(dirname(path), name);
    if (!name.startsWith(prefixOf(path)) || claim === own) continue;
    const [pid, started = "", place = ""] = name.slice(prefixOf(path).length).split("-");
    const owner = { claim, pid: Number(pid), started, place };
    if (isRunning(owner)) return owner;
    rmSync(claim, { force: true });
  }
  return undefined;
}

function isRunning({ claim, pid, started, place }: Owner): boolean {
  if (place !== thisPlace()) return ageOf(claim) < SILENCE;
  const found = startOf(pid);
  if (found !== undefined) return found === started;
  return pid === process.pid ? held.has(claim) : isThere(pid);
}

function isThere(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** How long ago a claim was signed, in milliseconds. */
function ageOf(claim: string): number {
  const found = statSync(claim, { throwIfNoEntry: false });
  return found ? Date.now() - found.mtimeMs : Infinity;
}

/** When a process began, where the system tells. */
function startOf(pid: number): string | undefined {
  const text = readOrNothing(`/proc/${pid}/stat`);
  // The second field, the program's name, may hold anything; the twenty-second is the time.
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}

function thisPlace(): string {
  const boot = readOrNothing("/proc/sys/kernel/random/boot_id") ?? "";
  const container = orNothing(() => readlinkSync("/proc/self/ns/pid")) ?? "";
  return `${boot}${container}`.replaceAll(/[^0-9a-f]/g, "");
}

function readOrNothing(path: string): string | undefined {
  return orNothing(() => readFileSync(path, "utf8"));
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
