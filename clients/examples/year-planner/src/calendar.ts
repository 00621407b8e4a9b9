const DAY = 86_400_000;
const LANGUAGE = "en";

/** The columns of a month. */
export const WEEKDAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"] as const;

/** The days of a month, by their dates. */
export function datesOf(year: number, month: number): string[] {
  const first = Date.UTC(year, month, 1);
  const count = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Array.from({ length: count }, (_, index) => dateOf(first + index * DAY));
}

/** The column of a day in a week that begins on Monday, from 1. */
export function columnOf(date: string): number {
  return ((new Date(date).getUTCDay() + 6) % 7) + 1;
}

/** The date so many days later. */
export function later(date: string, days: number): string {
  return dateOf(Date.parse(date) + days * DAY);
}

export function today(): string {
  const now = new Date();
  return dateOf(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()));
}

export function monthName(year: number, month: number): string {
  return new Date(Date.UTC(year, month, 1)).toLocaleDateString(LANGUAGE, { month: "long", timeZone: "UTC" });
}

/** A date as people say it: Monday, 23 November. */
export function spoken(date: string): string {
  const options = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" } as const;
  return new Date(date).toLocaleDateString("en-GB", options);
}

function dateOf(millis: number): string {
  return new Date(millis).toISOString().slice(0, 10);
}
