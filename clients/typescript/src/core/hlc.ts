/**
 * Hybrid Logical Clocks, written `<13 hex milliseconds>-<6 hex sequence>-<node>` in lower case. The
 * order of the strings is the order of the clocks.
 *
 * Source: Kulkarni, Demirbas, Madappa, Avva, Leone: Logical Physical Clocks and Consistent Snapshots
 * in Globally Distributed Databases, 2014.
 */

import { SynclineError } from "./error.js";

/** The parts of a clock. */
export interface ClockParts {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly millis: number;
  /** Counts events within a millisecond. */
  readonly sequence: number;
  /** Who stamped it. */
  readonly node: string;
}

const MAX_BYTES = 1024;
const MAX_MILLIS = 16 ** 13 - 1;
const MAX_SEQUENCE = 16 ** 6 - 1;
const WRITTEN = /^([0-9a-f]{13})-([0-9a-f]{6})-(.*)$/s;
const NODE = /^[ -~]+$/;
const ZERO = "0000000000000-000000-00000000";

/** Reads a clock. Throws a `SynclineError` with code `clock` if `text` is none. */
export function decode(text: string): ClockParts {
  const [, millis, sequence, node] = WRITTEN.exec(text) ?? [];
  if (millis === undefined || sequence === undefined || node === undefined) {
    throw new SynclineError(
      "clock",
      "a clock is written as 13 lower-case hexadecimal digits, `-`, 6 lower-case hexadecimal digits, `-` and a node",
    );
  }
  return { millis: parseInt(millis, 16), sequence: parseInt(sequence, 16), node: checkNode(node) };
}

/** Writes a clock. */
export function encode({ millis, sequence, node }: ClockParts): string {
  if (millis > MAX_MILLIS) {
    throw new SynclineError("clock", "the clock cannot advance beyond its greatest value");
  }
  return `${hex(Math.floor(millis), 13)}-${hex(sequence, 6)}-${checkNode(node)}`;
}

/** The clock at `wallMs` with sequence 0. */
export function create(node: string, wallMs = Date.now()): string {
  return encode({ millis: wallMs, sequence: 0, node });
}

/** The least clock: "nothing seen yet". */
export function zero(): string {
  return ZERO;
}

/** The clock of the next local event: `wallMs`, or one step beyond `clock` if that is later. */
export function tick(clock: string, wallMs = Date.now()): string {
  const { millis, sequence, node } = decode(clock);
  // What is a part of a millisecond later is written as the same one.
  if (Math.floor(wallMs) > millis) return create(node, wallMs);
  return sequence < MAX_SEQUENCE
    ? encode({ millis, sequence: sequence + 1, node })
    : encode({ millis: millis + 1, sequence: 0, node });
}

/** The clock after hearing of `remote`: later than both, not before `wallMs`, with the node of `local`. */
export function recv(local: string, remote: string, wallMs = Date.now()): string {
  const own = decode(local);
  const other = decode(remote);
  const isLater = compareNumbers(other, own) > 0;
  return tick(isLater ? encode({ ...other, node: own.node }) : local, wallMs);
}

/** -1, 0 or 1, as `left` is before, equal to or after `right`. */
export function compare(left: string, right: string): -1 | 0 | 1 {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Whether `clock` is more than `bound` milliseconds ahead of `wallMs`. */
export function isAhead(clock: string, wallMs: number, bound: number): boolean {
  return decode(clock).millis > wallMs + bound;
}

/** The milliseconds of `clock`. */
export function millisOf(clock: string): number {
  return decode(clock).millis;
}

function compareNumbers(left: ClockParts, right: ClockParts): number {
  return left.millis - right.millis || left.sequence - right.sequence;
}

function checkNode(node: string): string {
  if (!NODE.test(node) || node.length > MAX_BYTES - 21) {
    throw new SynclineError(
      "node",
      `the node of a clock is 1 to ${MAX_BYTES - 21} printable ASCII characters`,
    );
  }
  return node;
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, "0");
}
