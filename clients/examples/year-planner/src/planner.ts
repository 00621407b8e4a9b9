import type { Collection, DocumentId, Found, Store } from "@syncline/client";

import { COLLECTION } from "./session.js";

/** What is known of a day. */
export interface Day {
  /** Which kind of day it is: an index of `KINDS`. */
  type?: number;
  /** From 1, bad, to 5, good. */
  mood?: number;
  notes?: string;
}

/** A year, as `config/schemas/planner.json` describes it. */
export interface Planner {
  meta: { name: string; year: number };
  /** Days by their date, such as `2026-11-23`. */
  days?: Record<string, Day>;
}

export const KINDS = ["Ordinary", "Holiday", "Travel", "Birthday", "Deadline"] as const;

/** How long a new device waits for a slow network, in milliseconds. */
const PATIENCE = 3_000;

/**
 * The user's planner of a year. Its key is the year, so that two devices that begin one offline share it. A
 * new device asks the server for it first: to begin one that is there takes back the name that it has.
 */
export async function ensurePlanner(store: Store, year: number): Promise<DocumentId> {
  const planners = store.collection<Planner>(COLLECTION);
  const { serverClock } = await planners.clocks();
  if (serverClock === undefined) await Promise.race([firstPull(store), pause(PATIENCE)]);
  const key = `year-${year}`;
  if (!(await planners.get(key))) await planners.set(key, { meta: { name: `My ${year}`, year } });
  return { key };
}

/** Without a network there is none. */
function firstPull(store: Store): Promise<void> {
  return store.sync().catch(() => undefined);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The schema wants a name: an empty field is one on its way to another. */
export function isNameless(name: string): boolean {
  return name.trim() === "";
}

export async function rename(
  planners: Collection<Planner>,
  planner: DocumentId,
  name: string,
): Promise<void> {
  await planners.update(planner, (doc) => {
    doc.meta.name = name;
  });
}

/** Changes some fields of a day, and leaves alone what others change in the same planner. */
export async function changeDay(
  planners: Collection<Planner>,
  planner: DocumentId,
  date: string,
  change: Day,
): Promise<void> {
  await planners.update(planner, (doc) => {
    doc.days = { ...doc.days, [date]: { ...doc.days?.[date], ...change } };
  });
}

export function isReadOnly({ access }: Found<Planner>): boolean {
  return access === "read";
}
