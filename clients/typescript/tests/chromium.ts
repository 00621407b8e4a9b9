import { existsSync } from "node:fs";

import { type Browser, chromium } from "playwright-core";

const executable = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

// The page of the tests comes from memory, which the browser takes for a public address.
const FLAGS = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"];

// What is not added to the flags: users have pages that they leave kept, and shown again as they were.
const LEFT_OUT = ["--disable-back-forward-cache"];

/** Starts the real Chromium. */
export function launch(): Promise<Browser> {
  if (!existsSync(executable)) {
    throw new Error(`${executable} is missing: install the package chromium, or set CHROMIUM to the program`);
  }
  return chromium.launch({ executablePath: executable, args: FLAGS, ignoreDefaultArgs: LEFT_OUT });
}
