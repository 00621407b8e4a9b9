import type { Collection, DocumentId, Found } from "@syncline/client";

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

/** The user's planner of a year. Its key is the year, so that two devices that begin one offline share it. */
export async function ensurePlanner(planners: Collection<Planner>, year: number): Promise<DocumentId> {
  const key = `year-${year}`;
  if (!(await planners.get(key))) await planners.set(key, { meta: { name: `My ${year}`, year } });
  return { key };
}

export async function rename(
  planners: Collection<Planner>,
  planner: DocumentId,
  name: string,
): Promise<void> {
  // The schema wants a name; an empty field is one on its way to another.
  if (name.trim() === "") return;
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
