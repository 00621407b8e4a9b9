import { type Access, type Store, openStore } from "@syncline/client";

/** The application of the sample configuration, and its collection. */
export const APPLICATION = "year-planner";
export const COLLECTION = "planners";

/** Where somebody signed in, and the token that they got. */
export interface Session {
  readonly server: string;
  readonly name: string;
  readonly userId: string;
  readonly token: string;
  /** When that was, in milliseconds since 1970: the same user may sign out and in again. */
  readonly since: number;
}

const KEPT = "year-planner.session";

export function keptSession(): Session | undefined {
  const kept = localStorage.getItem(KEPT);
  return kept === null ? undefined : (JSON.parse(kept) as Session);
}

/** Signs in under a name, which a server allows while it is being developed with. */
export async function signIn(server: string, name: string): Promise<Session> {
  const { user, token } = await begin(server, name);
  return keep({ server, name, userId: user.userId, token, since: Date.now() });
}

/** Begins another session of the same user after theirs has ended. What they wrote meanwhile is kept. */
export async function signInAgain(store: Store): Promise<void> {
  const { server, name } = keptSession()!;
  const { token } = await begin(server, name);
  store.setToken(token);
}

/**
 * Opens the session's documents. They are there without a network, and synchronise when there is one.
 * `onSignedOut` hears that the user signed out, here or in another tab.
 */
export async function open(session: Session, onSignedOut: () => void): Promise<Store> {
  const { server: url, userId: user, token } = session;
  const store = await openStore({ url, app: APPLICATION, token, user });
  // A tab that slept hears late of what others did: somebody may have signed in since.
  store.on("token", (renewed) => isKept(session) && keep({ ...session, token: renewed }));
  store.on("signedOut", () => {
    if (isKept(session)) localStorage.removeItem(KEPT);
    onSignedOut();
  });
  return store;
}

/** Lets another user read or write a planner, or takes that back. */
export async function share(key: string, userId: string, access: Access | "none"): Promise<void> {
  const { server, token } = keptSession()!;
  const body =
    access === "none"
      ? { unshare: [{ userId, app: APPLICATION }] }
      : { sharedWith: [{ userId, app: APPLICATION, access }] };
  await call(`${server}/docIndex/${APPLICATION}/${encodeURIComponent(key)}`, {
    method: "PATCH",
    body,
    token,
  });
}

interface SignedIn {
  readonly user: { readonly userId: string };
  readonly token: string;
}

function begin(server: string, name: string): Promise<SignedIn> {
  return call(`${server}/auth/dev`, { method: "POST", body: { name } });
}

function isKept({ since }: Session): boolean {
  const kept = keptSession();
  return kept !== undefined && kept.since === since;
}

function keep(session: Session): Session {
  localStorage.setItem(KEPT, JSON.stringify(session));
  return session;
}

interface Call {
  readonly method: string;
  readonly body: unknown;
  readonly token?: string;
}

async function call<T>(url: string, { method, body, token }: Call): Promise<T> {
  const headers = {
    "Content-Type": "application/json",
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  const answer = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(answer.error ?? `The server answered with status ${response.status}`);
  return answer;
}
