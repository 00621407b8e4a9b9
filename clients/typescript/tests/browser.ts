import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";

import type { Store, StoreOptions } from "../src/index.js";
import { launch } from "./chromium.js";

declare global {
  /** What the page of the tests offers. */
  var syncline: typeof import("../src/index.js");
  var store: Store;
}

/** Options that can be told to a page. */
export type PageOptions = Pick<StoreOptions, "url" | "app" | "token" | "pollInterval" | "pageSize">;

const source = fileURLToPath(new URL("../../src/index.ts", import.meta.url));

const PAGE = `<!doctype html><title>test</title><script type="module" src="/page.js"></script>`;

/** Real Chromium, and a page that holds the client. */
export class TestBrowser {
  private constructor(
    readonly browser: Browser,
    readonly pages: Server,
    readonly script: string,
  ) {}

  static async start(): Promise<TestBrowser> {
    const contents = `import * as syncline from ${JSON.stringify(source)}; globalThis.syncline = syncline;`;
    const bundle = {
      stdin: { contents, resolveDir: "." },
      bundle: true,
      format: "esm",
      write: false,
    } as const;
    const script = (await build(bundle)).outputFiles[0]!.text;
    const pages = createServer(({ url }, response) => {
      const isScript = url === "/page.js";
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.end(isScript ? script : PAGE);
    });
    await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
    const browser = await launch();
    return new TestBrowser(browser, pages, script);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.pages.address() as AddressInfo).port}`;
  }

  /** A browser profile, in which the page itself is there without a network, as an installed app's is. */
  async profile(): Promise<BrowserContext> {
    const context = await this.browser.newContext();
    const ofPage = (url: URL) => url.origin === this.origin;
    await context.route(ofPage, (route) => {
      const isScript = route.request().url().endsWith(".js");
      return route.fulfill({
        contentType: isScript ? "text/javascript" : "text/html",
        body: isScript ? this.script : PAGE,
      });
    });
    return context;
  }

  /** A tab with an open store. */
  async tab(profile: BrowserContext, options: PageOptions): Promise<Page> {
    const page = await profile.newPage();
    await this.load(page, options);
    return page;
  }

  /** Loads the page, again or for the first time, and opens the store. */
  async load(page: Page, options: PageOptions): Promise<void> {
    await page.goto(this.origin);
    await page.waitForFunction(() => "syncline" in globalThis);
    await page.evaluate(async (given) => {
      globalThis.store = await syncline.openStore(given);
    }, options);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await new Promise((resolve) => this.pages.close(resolve));
  }
}
