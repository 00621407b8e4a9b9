/** What the client needs of Node.js: a store that keeps its documents in a file. */

import { FileStorage } from "./storage/file.js";
import type { Storage } from "./storage/storage.js";

/** Keeps the documents in the file at `path`, for the `storage` option of `openStore`. */
export function fileStorage(path: string): () => Promise<Storage> {
  return () => FileStorage.open(path);
}
