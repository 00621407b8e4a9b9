import type { Page } from "playwright-core";

/** Waits until the page itself is kept on the device. */
export async function isKept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    while (!(await caches.match("/"))) await new Promise((resolve) => setTimeout(resolve, 20));
  });
}
