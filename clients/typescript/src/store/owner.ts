import { SynclineError } from "../core/error.js";
import type { Storage } from "../storage/storage.js";
import type { Transport } from "./transport.js";

/**
 * Makes sure that a storage holds nobody else's documents, which would become this session's, and
 * that it tells whose they are. Returns how it tells that; closes the storage if it throws.
 */
export async function claim(storage: Storage, transport: Transport): Promise<string> {
  try {
    return await ownerOf(storage, transport);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function ownerOf(storage: Storage, { place, session }: Transport): Promise<string> {
  // Without an issuer, as earlier versions kept it, and as it is where no token tells one.
  const bare = `${place}\n${session.user}`;
  const kept = await ownersIn(storage);
  session.issuer ??= issuerAmong(kept, bare);
  const owner = session.issuer === undefined ? bare : `${bare}\n${session.issuer}`;
  if ([...kept.values()].some((other) => other !== undefined && other !== bare && other !== owner)) {
    throw new SynclineError(
      "options",
      "the storage holds documents of another user, application or server: sign out there first, or choose another",
    );
  }
  const untold = [...kept].filter(([, other]) => other !== owner).map(([scope]) => scope);
  // Where there is no room for it, the next edit that there is room for tells it.
  await tell(storage, untold, owner).catch(() => undefined);
  return owner;
}

async function ownersIn(storage: Storage): Promise<Map<string, string | undefined>> {
  const owners = new Map<string, string | undefined>();
  for (const scope of await storage.scopes()) {
    owners.set(scope, (await storage.read(scope, {})).record?.owner);
  }
  return owners;
}

/** A token that the server prolonged tells no issuer any more. */
function issuerAmong(owners: ReadonlyMap<string, string | undefined>, bare: string): string | undefined {
  const owner = [...owners.values()].find((owner) => owner?.startsWith(`${bare}\n`));
  return owner?.slice(bare.length + 1);
}

async function tell(storage: Storage, scopes: readonly string[], owner: string): Promise<void> {
  for (const scope of scopes) {
    await storage.update(scope, {}, ({ record }) => ({
      result: undefined,
      ...(record && { written: { record: { ...record, owner }, entries: new Map() } }),
    }));
  }
}
