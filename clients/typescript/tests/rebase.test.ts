import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { type Story, retell } from "./story.js";
import { vectors } from "./vectors.js";

const COUNT = 1000;

const teller =
  process.env["SYNCLINE_VECTORS"] ??
  fileURLToPath(new URL("../../../../target/debug/examples/vectors", import.meta.url));

describe("the vectors of rebases", () => {
  for (const story of vectors<{ stories: Story[] }>("rebase").stories) {
    it(story.name, () => retell(story));
  }
});

describe("the Rust domain and this client", () => {
  it(`rebase ${COUNT} random stories alike`, () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    tell(seed).forEach((story, index) => {
      try {
        retell(story);
      } catch (cause) {
        throw new Error(`they differ: see it again with \`${teller} ${seed + index} 1\``, { cause });
      }
    });
  });
});

/** As many stories as there are seeds from this one on. */
function tell(seed: number): Story[] {
  assert.ok(
    existsSync(teller),
    `${teller} is missing: run \`cargo build --example vectors\`, or set SYNCLINE_VECTORS to a built one`,
  );
  const output = execFileSync(teller, [String(seed), String(COUNT)], {
    maxBuffer: 2 ** 30,
    encoding: "utf8",
  });
  return (JSON.parse(output) as { stories: Story[] }).stories;
}
