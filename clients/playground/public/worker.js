// Keeps a page itself on the device, so that it opens without a network: the page of its scope, and the files
// that this names in the worker's own folder. The documents are kept by the page; whatever else is asked of
// a server passes by. The playground and the year planner share it.

const PAGE = new URL(self.registration.scope).pathname;
const FILES = new URL("./", self.location.href).pathname;
const CACHE = `syncline page ${PAGE}`;

/** How long to wait for a slow network before the page that is kept is shown. */
const PATIENCE = 3_000;

self.addEventListener("install", (event) => event.waitUntil(keepPage().then(() => self.skipWaiting())));

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  const isPage = request.mode === "navigate";
  if (isPage && pathname === PAGE) event.respondWith(newestPage(request, event));
  // What the page itself asks of a server has no destination.
  if (!isPage && request.destination !== "" && pathname.startsWith(FILES)) event.respondWith(file(request));
});

/** The page from the server, or the one that is kept. */
async function newestPage(request, event) {
  const kept = await ofCache(PAGE);
  const fetched = fetch(request);
  if (!kept) return fetched;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  const newest = await Promise.race([fetched, late]).catch(() => kept);
  if (newest !== kept && newest.ok) event.waitUntil(keepPage().catch(() => undefined));
  return newest.status >= 500 ? kept : newest;
}

/** A file of the page: its name changes with its content. */
async function file(request) {
  return (await ofCache(request)) ?? fetch(request);
}

async function ofCache(request) {
  return (await caches.open(CACHE)).match(request);
}

/** Keeps the page and the files that it names, and drops those of an older one. */
async function keepPage() {
  const page = await fetch(PAGE, { cache: "no-cache" });
  if (!page.ok) throw new Error(`the page is not there: ${page.status}`);
  const text = await page.clone().text();
  const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
  const files = named.filter((path) => path.startsWith(FILES));
  const cache = await caches.open(CACHE);
  await cache.addAll(files);
  await cache.put(PAGE, page);
  const wanted = new Set([PAGE, ...files].map((path) => new URL(path, self.location.origin).href));
  for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
}
