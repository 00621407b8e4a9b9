import {
  type Document,
  type Fetch,
  HLC,
  type ServerChange,
  type SyncAnswer,
  type SyncRequest,
} from "../src/index.js";

type Scripted = Partial<SyncAnswer> | ((request: SyncRequest) => Promise<Partial<SyncAnswer>>);

/** A server that gives the answers it is told to, and then empty ones. */
export class Script {
  readonly answers: Scripted[] = [];
  readonly requests: SyncRequest[] = [];
  readonly orgs: (string | undefined)[] = [];
  refusedOrg: string | undefined;
  #millis = 100;

  readonly fetch: Fetch = async (url, init) => {
    if (!url.endsWith("/sync"))
      return Response.json({ error: "no such page", code: "not_found" }, { status: 404 });
    const org = (init.headers as Record<string, string>)["X-Org-Id"];
    this.orgs.push(org);
    if (org !== undefined && org === this.refusedOrg) {
      return Response.json({ error: "You are no member.", code: "forbidden" }, { status: 403 });
    }
    const request = JSON.parse(init.body as string) as SyncRequest;
    this.requests.push(request);
    const next = this.answers.shift() ?? {};
    const members = typeof next === "function" ? await next(request) : next;
    this.#millis += 100;
    return Response.json({ serverClock: clock(this.#millis), ...members });
  };
}

/** A document as the server sends it, stored at `millis`. */
export function stored(key: string, doc: Document, millis: number): ServerChange {
  const fields = Object.keys(doc).map((field) => [field, HLC.create("laptop", millis)]);
  return {
    _key: key,
    _rev: clock(millis),
    _fieldRevs: Object.fromEntries(fields) as Record<string, string>,
    ...doc,
  };
}

/** The server's clock at `millis`. */
export function clock(millis: number): string {
  return HLC.create("server~1", millis);
}
