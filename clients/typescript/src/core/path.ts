/**
 * Dot-paths to the leaves of a document: `address.city`.
 *
 * Inside a key, `.` is written `%2E` and `%` is written `%25`. Reading is lenient: any other `%`
 * stands for itself, and `%2e` is `%2E`. The empty path names the field whose key is empty.
 */

/** A path as it is written. */
export type Path = string;

/** The path along `keys`. */
export function pathOf(keys: readonly string[]): Path {
  return keys.map(encodeKey).join(".");
}

/** The keys along `path`. */
export function keysOf(path: Path): string[] {
  return path.split(".").map(decodeKey);
}

/** The path of the field `key` of the object at `parent`, or of the document without one. */
export function child(parent: Path | undefined, key: string): Path {
  return parent === undefined ? encodeKey(key) : `${parent}.${encodeKey(key)}`;
}

/** The paths of all objects that `path` is in, the nearest first. */
export function above(path: Path): Path[] {
  const paths: Path[] = [];
  for (let end = path.lastIndexOf("."); end >= 0; end = path.lastIndexOf(".", end - 1)) {
    paths.push(path.slice(0, end));
    if (end === 0) break;
  }
  return paths;
}

function encodeKey(key: string): string {
  return key.replaceAll("%", "%25").replaceAll(".", "%2E");
}

function decodeKey(segment: string): string {
  return segment.replace(/%2E|%25/gi, (escape) => (escape === "%25" ? "%" : "."));
}
