/** JSON values, and records whose keys may be anything, `__proto__` included. */

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | Document;

/** The application's fields of a document. */
export type Document = { [name: string]: Json };

/** The value of `record` at `key`, and nothing that it merely inherits. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Puts `value` at `key`, whatever the key is: an assignment to `__proto__` would do something else. */
export function put<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, { value, configurable: true, enumerable: true, writable: true });
}

/** The entries of `record` that pass `keep`. */
export function filter<T>(
  record: Readonly<Record<string, T>>,
  keep: (key: string, value: T) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key, value]) => keep(key, value)));
}

/** Whether `record` holds nothing. */
export function isEmpty(record: object): boolean {
  for (const key in record) {
    if (Object.hasOwn(record, key)) return false;
  }
  return true;
}

/** Whether `value` is a JSON object. */
export function isObject(value: Json | undefined): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy of `value`, in which members that are `undefined` are left out. */
export function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Whether two values are equal as JSON, numbers as doubles. */
export function sameValue(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameValue(item, right[index]!));
  }
  return isObject(left) && isObject(right) && sameDocument(left, right);
}

/** Whether two documents are equal as JSON, numbers as doubles. */
export function sameDocument(left: Document, right: Document): boolean {
  const entries = Object.entries(left);
  return (
    entries.length === Object.keys(right).length &&
    entries.every(([key, value]) => {
      const other = own(right, key);
      return other !== undefined && sameValue(value, other);
    })
  );
}
