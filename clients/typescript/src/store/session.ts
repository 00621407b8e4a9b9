import { SynclineError } from "../core/error.js";

/** Gives a new token when the server no longer accepts the old one. */
export type GetToken = () => string | Promise<string>;

/** The session's token, which the server renews now and then. */
export class Session {
  #token: string;
  #refresh: Promise<boolean> | undefined;

  constructor(
    token: string,
    readonly user: string,
    readonly getToken: GetToken | undefined,
    readonly onToken: (token: string) => void,
  ) {
    this.#token = token;
  }

  get token(): string {
    return this.#token;
  }

  /** Takes a new token, and tells of it. */
  renew(token: string): void {
    if (this.take(token)) this.onToken(token);
  }

  /** Takes a token. It must be the same user's: the local documents are. Returns whether it is a new one. */
  take(token: string): boolean {
    if (token === this.#token) return false;
    const user = userOf(token) ?? this.user;
    if (user !== this.user) {
      throw new SynclineError(
        "options",
        "the new token is another user's: sign out, then open a store for that user",
      );
    }
    this.#token = token;
    return true;
  }

  /** Asks the application for a new token. Returns whether there is one. */
  refresh(): Promise<boolean> {
    this.#refresh ??= this.#ask().finally(() => (this.#refresh = undefined));
    return this.#refresh;
  }

  async #ask(): Promise<boolean> {
    if (!this.getToken) return false;
    const before = this.#token;
    try {
      this.renew(await this.getToken());
    } catch (cause) {
      if (cause instanceof SynclineError) throw cause;
      throw new SynclineError("unauthorized", "`getToken` gave no new token: sign in again", { cause });
    }
    return this.#token !== before;
  }
}

/** Whose token it is, as far as it says so; the server alone can tell whether that is true. */
export function userOf(token: string): string | undefined {
  try {
    const payload = token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const { sub } = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown };
    return typeof sub === "string" ? sub : undefined;
  } catch {
    return undefined;
  }
}
