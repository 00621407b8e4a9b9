import { SynclineError } from "../core/error.js";
import type { Storage } from "../storage/storage.js";
import type { Transport } from "./transport.js";

/**
 * Whose documents a session's are: server, application and user, and the issuer as soon as a token has told
 * it. Earlier versions knew no issuers.
 */
export function ownerOf({ place, session: { user, issuer } }: Transport): string {
  return [place, user, ...(issuer === undefined ? [] : [issuer])].join("\n");
}

/**
 * The owner to be written down where another one is: an issuer that is told stays so. Throws if what is kept is
 * somebody else's, which would become this session's.
 */
export function ownerAfter(kept: string | undefined, owner: string): string {
  if (kept === undefined || kept === owner || owner.startsWith(`${kept}\n`)) return owner;
  if (kept.startsWith(`${owner}\n`)) return kept;
  throw new SynclineError(
    "options",
    "the storage holds documents of another user, application or server: sign out there first, or choose another",
  );
}

/**
 * Makes sure that a storage holds nobody else's documents, and that it tells whose they are. Closes the
 * storage if it throws.
 */
export async function claim(storage: Storage, transport: Transport): Promise<void> {
  try {
    await assertOurs(storage, transport);
  } catch (error) {
    await storage.close();
    throw error;
  }
  await tellOwner(storage, transport);
}

/**
 * Has all that is kept tell whose it is. Where there is no room for it, the next edit that there is room
 * for tells it.
 */
export async function tellOwner(storage: Storage, transport: Transport): Promise<void> {
  const owner = ownerOf(transport);
  try {
    for (const [scope, other] of await ownersIn(storage)) {
      if (other !== owner) await tell(storage, scope, owner);
    }
  } catch {
    // What cannot be written now is not lost.
  }
}

async function assertOurs(storage: Storage, transport: Transport): Promise<void> {
  const { session } = transport;
  const kept = [...(await ownersIn(storage)).values()];
  session.issuer ??= issuerAmong(kept, ownerOf(transport));
  const owner = ownerOf(transport);
  for (const other of kept) ownerAfter(other, owner);
}

async function ownersIn(storage: Storage): Promise<Map<string, string | undefined>> {
  const owners = new Map<string, string | undefined>();
  for (const scope of await storage.scopes()) {
    owners.set(scope, (await storage.read(scope, {})).record?.owner);
  }
  return owners;
}

/** A token that the server prolonged tells no issuer any more. */
function issuerAmong(owners: readonly (string | undefined)[], bare: string): string | undefined {
  const owner = owners.find((owner) => owner?.startsWith(`${bare}\n`));
  return owner?.slice(bare.length + 1);
}

function tell(storage: Storage, scope: string, owner: string): Promise<void> {
  return storage.update(scope, {}, ({ record }) => ({
    result: undefined,
    ...(record && {
      written: { record: { ...record, owner: ownerAfter(record.owner, owner) }, entries: new Map() },
    }),
  }));
}
