/** A thread that uses a file, as long as others try to. */
import { parentPort, workerData } from "node:worker_threads";

import { fileStorage } from "../src/node.js";

const { path, barrier, of } = workerData as { path: string; barrier: Int32Array; of: number };

/** Waits until all have come as far as this. */
function meet(place: number): void {
  if (Atomics.add(barrier, place, 1) + 1 >= of) Atomics.notify(barrier, place);
  for (let met = Atomics.load(barrier, place); met < of; met = Atomics.load(barrier, place)) {
    Atomics.wait(barrier, place, met, 1_000);
  }
}

meet(0);
const storage = await fileStorage(path)().catch(() => undefined);
meet(1);
await storage?.close();
parentPort!.postMessage(storage !== undefined);
