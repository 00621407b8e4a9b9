// Takes the pictures of the documentation: `node scripts/screenshots.js http://127.0.0.1:8080`, with a server whose
// data folder is new.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const [, , url] = process.argv;
const folder = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
const DESKTOP = { width: 1240, height: 1000 };
const PHONE = { width: 390, height: 844 };
const LOOKS = [
  { name: "playground", person: "Ada", viewport: DESKTOP, colorScheme: "light", steps: 4 },
  {
    name: "playground-dark",
    person: "Lin",
    viewport: DESKTOP,
    colorScheme: "dark",
    steps: 5,
    showsClocks: true,
  },
  { name: "playground-phone", person: "Kim", viewport: PHONE, colorScheme: "light", steps: 2 },
  { name: "playground-phone-dark", person: "Noor", viewport: PHONE, colorScheme: "dark", steps: 4 },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
await mkdir(folder, { recursive: true });
for (const look of LOOKS) await take(look);
await browser.close();

async function take({ name, person, steps, showsClocks, ...look }) {
  const profile = await browser.newContext(look);
  const page = await profile.newPage();
  await page.goto(url);
  // Each picture is of somebody who was never here.
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Your name").fill(person);
  await page.getByRole("button", { name: "Sign in" }).first().click();
  if (showsClocks) await page.getByRole("switch", { name: "Clocks" }).click();
  for (let step = 0; step < steps; step++) {
    await page.getByRole("button", { name: "Show me" }).nth(0).click();
    await page.locator(".tour .done").nth(step).waitFor({ state: "attached" });
  }
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${folder}${name}.png`, fullPage: look.viewport === DESKTOP });
  await profile.close();
}
