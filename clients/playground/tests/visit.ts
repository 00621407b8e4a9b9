import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";

import { eventually } from "../../typescript/tests/eventually.js";

/** What a profile is like, beside what Playwright says of it. */
export type ProfileOptions = BrowserContextOptions;

/** A browser profile of `name`, who is signed in before the page opens for the first time. */
export async function profileOf(
  browser: Browser,
  url: string,
  name: string,
  options: ProfileOptions = {},
): Promise<BrowserContext> {
  const body = JSON.stringify({ name });
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${url}/auth/dev`, { method: "POST", headers, body });
  const { user, token } = (await response.json()) as { user: { userId: string }; token: string };
  const person = JSON.stringify({ userId: user.userId, name, token, isDevelopment: true });
  const profile = await browser.newContext(options);
  await profile.addInitScript((kept) => {
    if (!localStorage.getItem("syncline.person")) localStorage.setItem("syncline.person", kept);
  }, person);
  return profile;
}

/** The playground in a tab. */
export class Playground {
  constructor(readonly page: Page) {}

  static async open(profile: BrowserContext, url: string): Promise<Playground> {
    const playground = new Playground(await profile.newPage());
    await playground.page.goto(url);
    await playground.device("Laptop").region.waitFor();
    return playground;
  }

  device(name: string): DevicePanel {
    return new DevicePanel(this.page.getByRole("region", { name, exact: true }));
  }

  get phone(): DevicePanel {
    return this.device("Phone");
  }

  get laptop(): DevicePanel {
    return this.device("Laptop");
  }

  /** Has a step of the tour shown. */
  async show(step: string): Promise<void> {
    await this.page.getByRole("button", { name: new RegExp(`^Show (me|again): ${step}$`) }).click();
    await this.page
      .getByRole("status")
      .filter({ hasText: `${step}: ` })
      .waitFor({ state: "attached" });
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.laptop.region.waitFor();
  }
}

/** A device on the page. */
export class DevicePanel {
  constructor(readonly region: Locator) {}

  async add(title: string): Promise<void> {
    await this.region.getByLabel("New task").fill(title);
    await this.region.getByRole("button", { name: "Add" }).click();
  }

  async switchNetwork(): Promise<void> {
    await this.region.getByRole("switch").click();
  }

  titles(): Promise<string[]> {
    return this.region
      .getByLabel("Title")
      .evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
  }

  async rename(index: number, title: string): Promise<void> {
    await this.region.getByLabel("Title").nth(index).fill(title);
  }

  get notes(): Locator {
    return this.region.getByLabel("Notes", { exact: true });
  }

  /** Waits until the device says `text` of its synchronisation. */
  async says(text: string): Promise<void> {
    await this.region.locator(".status", { hasText: text }).waitFor();
  }

  /** Waits until the device shows tasks of these titles. */
  async shows(...titles: string[]): Promise<void> {
    const expected = titles.join(" | ");
    await eventually(
      async () => (await this.titles()).sort().join(" | ") === expected,
      `it shows ${expected}`,
    );
  }
}
