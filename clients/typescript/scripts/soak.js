// See scripts/soak.
import { parseArgs } from "node:util";

import { TestServer } from "../build/tests/server.js";
import { soak } from "../build/tests/soak.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error(
    "error: `--minutes` is a number above 0, and `--seed` an integer: scripts/soak --minutes 5 --seed 7",
  );
  process.exit(2);
}

console.log(`three devices for ${minutes} minutes, seed ${seed}`);
const server = await TestServer.start();
const report = await soak(server, { seconds: minutes * 60, seed }).finally(() => server.remove());
console.log(`all devices hold what the server has: ${JSON.stringify(report)}`);
