import { afterEach } from "node:test";

import { type Store, type StoreOptions, openStore as open } from "../src/index.js";

const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

/** Opens a store that is closed after the test: one that a failed test left open would keep the program running. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = await open(options);
  stores.push(store);
  return store;
}
