import type { Fetch } from "@syncline/client";

/** Where the page came from, which is the server. */
export const SERVER = location.origin;

/** The application that the playground uses, and the collection in it. */
export const APPLICATION = "todo";
export const COLLECTION = "tasks";

/** What the server says when it does not do something; its message is a sentence for people. */
export class ServerError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export interface Call {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly token?: string;
  readonly body?: unknown;
  readonly fetch?: Fetch;
}

/** Calls the server and reads the JSON of its answer. */
export async function call<T>(path: string, options: Call = {}): Promise<T> {
  const response = await send(path, options);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Calls the server; throws a `ServerError` for an answer that is an error. */
export async function send(path: string, { method = "GET", token, body, fetch }: Call): Promise<Response> {
  const headers = {
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    ...(body !== undefined && { "Content-Type": "application/json" }),
  };
  const request = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await (fetch ?? globalThis.fetch.bind(globalThis))(`${SERVER}${path}`, request);
  if (response.ok) return response;
  const { error } = (await response.json().catch(() => ({}))) as { error?: string };
  throw new ServerError(error ?? `The server answered with status ${response.status}`, response.status);
}

/** What went wrong, as a sentence for people. */
export function sentenceOf(error: unknown): string {
  if (error instanceof TypeError) return "The server was not reached: check the network, then try again";
  return error instanceof Error ? error.message : String(error);
}
