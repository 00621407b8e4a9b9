import { randomText } from "./random.js";
import { type Call, ServerError, call } from "./server.js";

/** Somebody who is signed in. */
export interface Person {
  readonly userId: string;
  readonly name: string;
  readonly token: string;
  /** Whether the server lets anyone be anyone, so that a new session needs no more than the name. */
  readonly isDevelopment: boolean;
  /** When they signed in, in milliseconds since 1970: the same person may sign out and in again. */
  readonly since: number;
}

/** How people can sign in at this server. */
export interface SignIns {
  readonly isDevelopment: boolean;
  readonly providers: readonly string[];
}

interface User {
  readonly userId: string;
  readonly name: string | null;
}

interface SignedIn {
  readonly user: User;
  readonly token: string;
}

const KEPT = "syncline.person";
const STATE = "syncline.state";
const DEVELOPMENT = "dev";

/** How people can sign in here. */
export async function signIns(): Promise<SignIns> {
  const { providers } = await call<{ providers: string[] }>("/auth/providers");
  return {
    isDevelopment: providers.includes(DEVELOPMENT),
    providers: providers.filter((provider) => provider !== DEVELOPMENT),
  };
}

/** Signs in as whoever is wished for, where the server allows that. */
export async function signInAs(name: string, options: Pick<Call, "fetch"> = {}): Promise<Person> {
  const signedIn = await call<SignedIn>("/auth/dev", { ...options, method: "POST", body: { name } });
  return personOf(signedIn, name, true);
}

/** Whose token it is. */
export async function signInWith(token: string): Promise<Person> {
  const user = await call<User>("/auth/me", { token });
  return personOf({ user, token }, user.userId, false);
}

/** Leaves for a provider, which sends the person back to this page. */
export async function leaveFor(provider: string): Promise<void> {
  const state = randomText();
  sessionStorage.setItem(STATE, state);
  const query = new URLSearchParams({ redirectUri: `${location.origin}/`, state });
  const url = `/auth/${encodeURIComponent(provider)}?${query}`;
  // The server may refuse this page: then its sentence is better shown here than in place of the page.
  const response = await fetch(url, { redirect: "manual" });
  if (response.type !== "opaqueredirect") {
    const { error } = (await response.json()) as { error: string };
    throw new ServerError(error, response.status);
  }
  location.assign(url);
}

/** Who comes back from a provider to this page; nobody if nobody does. */
export async function returned(): Promise<Person | undefined> {
  const query = new URLSearchParams(location.search);
  const [code, error] = [query.get("code"), query.get("error")];
  if (code === null && error === null) return undefined;
  // An address without a state is nobody's here, also where no sign-in was begun.
  const state = sessionStorage.getItem(STATE);
  sessionStorage.removeItem(STATE);
  const isOurs = state !== null && query.get("state") === state;
  history.replaceState(null, "", "/");
  if (!isOurs) throw new Error("This sign-in did not begin here: sign in again");
  if (code === null) throw new Error(`The sign-in did not succeed: ${error}`);
  const signedIn = await call<SignedIn>("/auth/token", { method: "POST", body: { code } });
  return personOf(signedIn, signedIn.user.userId, false);
}

/**
 * Who is signed in: whoever comes back from a provider, or was here before, or `name` where anyone may
 * be anyone. Nobody if none of that leads anywhere.
 */
export async function begin(name: string): Promise<Person | undefined> {
  const kept = keptPerson();
  try {
    const back = await returned();
    if (back) return back;
    if (kept && (await isAccepted(kept))) return kept;
    const { isDevelopment } = await signIns();
    return isDevelopment ? await signInAs(kept?.isDevelopment ? kept.name : name) : undefined;
  } catch (error) {
    // Without a network, whoever was here goes on with what is on the device.
    if (kept && isOutage(error)) return kept;
    throw error;
  }
}

/** Keeps who is signed in. Whoever has not signed out meanwhile goes on with the sign-in of before. */
export function keepPerson(person: Person): Person {
  const before = keptPerson();
  return keep(before?.userId === person.userId ? { ...person, since: before.since } : person);
}

/** Keeps the token that follows another one of a sign-in. */
export function keepToken(person: Person, token: string): void {
  if (isKept(person)) keep({ ...person, token });
}

/** Whether nobody has signed out and in since. A tab that slept hears late of what others did. */
export function isKept({ userId, since }: Person): boolean {
  const kept = keptPerson();
  return kept?.userId === userId && kept.since === since;
}

export function forgetPerson(): void {
  localStorage.removeItem(KEPT);
}

function keep(person: Person): Person {
  localStorage.setItem(KEPT, JSON.stringify(person));
  return person;
}

function keptPerson(): Person | undefined {
  const kept = localStorage.getItem(KEPT);
  return kept === null ? undefined : (JSON.parse(kept) as Person);
}

async function isAccepted({ token }: Person): Promise<boolean> {
  try {
    await call("/auth/me", { token });
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.status === 401) return false;
    throw error;
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof ServerError && error.status >= 500);
}

function personOf({ user, token }: SignedIn, otherwise: string, isDevelopment: boolean): Person {
  return { userId: user.userId, name: user.name ?? otherwise, token, isDevelopment, since: Date.now() };
}
