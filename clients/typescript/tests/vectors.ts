import { readFileSync } from "node:fs";

const folder = new URL("../../../../domain/vectors/", import.meta.url);

/** The lists of cases in a file of conformance vectors. */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as T;
}
