import type { Access } from "@syncline/client";

import type { Device } from "./device.js";
import { APPLICATION, COLLECTION, ServerError } from "./server.js";

/** Who sees a task beside its owner. */
export interface Entry {
  readonly sharedWith: readonly { readonly userId: string; readonly access: Access }[];
  /** `set` when there is a link. */
  readonly shareToken: string | null;
}

const NOBODY: Entry = { sharedWith: [], shareToken: null };

export async function sharesOf(device: Device, key: string): Promise<Entry> {
  try {
    return await device.call<Entry>(pathOf(key));
  } catch (error) {
    if (error instanceof ServerError && error.status === 404) return NOBODY;
    throw error;
  }
}

/** Shares a task of the device's person. What waits is pushed before: the server must know the task. */
export async function share(device: Device, key: string, userId: string, access: Access): Promise<Entry> {
  await device.sync();
  return change(device, key, { sharedWith: [{ userId, app: APPLICATION, access }] });
}

export function unshare(device: Device, key: string, userId: string): Promise<Entry> {
  return change(device, key, { unshare: [{ userId, app: APPLICATION }] });
}

/** Makes a link that opens the task for whoever holds it. It is shown this once. */
export async function makeLink(device: Device, key: string): Promise<string> {
  await device.sync();
  const { shareToken } = await device.call<{ shareToken: string }>(pathOf(key, "/shareToken"), {
    method: "POST",
  });
  return `${location.origin}/share/${shareToken}`;
}

export function revokeLink(device: Device, key: string): Promise<void> {
  return device.call(pathOf(key, "/shareToken"), { method: "DELETE" });
}

function change(device: Device, key: string, body: object): Promise<Entry> {
  return device.call<Entry>(pathOf(key), { method: "PATCH", body });
}

function pathOf(key: string, rest = ""): string {
  return `/docIndex/${APPLICATION}/${encodeURIComponent(key)}${rest}?collection=${COLLECTION}`;
}
