import { SynclineError } from "../core/error.js";

/** Gives a new token when the server no longer accepts the old one. */
export type GetToken = () => string | Promise<string>;

/** Whose a token is, as far as it says so; the server alone can tell whether that is true. */
interface Identity {
  /** The user, as the issuer knows them. */
  readonly user?: string;
  readonly issuer?: string;
}

/** A token as a request is sent with it. */
export interface Presented {
  readonly token: string;
  /** So many questions for another one were in vain before. */
  readonly questions: number;
}

/** The session's token, which the server renews now and then. */
export class Session {
  /** Who issues its tokens, once one of them has said so: others may have a user of the same name. */
  issuer: string | undefined;
  #token: string;
  #question: Promise<void> | undefined;
  #isAsking = false;
  /** Ends a question that is under way, since there is another token. */
  #endQuestion: () => void = () => undefined;
  /** So many questions for another token were in vain. */
  #questions = 0;
  /** Why the last of them was, if it failed. */
  #failure: SynclineError | undefined;

  constructor(
    token: string,
    readonly user: string,
    readonly getToken: GetToken | undefined,
    readonly onToken: (token: string) => void,
  ) {
    this.#assertOurs(token, "`token` is not the `user`'s: give that user's token, or no `user`");
    this.#token = token;
  }

  get token(): string {
    return this.#token;
  }

  /** Whether the application is being asked for a new token. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Takes a new token, and tells of it. */
  renew(token: string): void {
    if (this.take(token)) this.onToken(token);
  }

  /** Takes a token. It must be the same user's: the local documents are. Returns whether it is a new one. */
  take(token: string): boolean {
    if (token === this.#token) return false;
    this.#assertOurs(token, "the new token is another user's: sign out, then open a store for that user");
    this.#token = token;
    this.#endQuestion();
    return true;
  }

  /** The token for a request. */
  present(): Presented {
    return { token: this.#token, questions: this.#questions };
  }

  /**
   * A token in place of one that the server did not accept; none if there is no other. The application is
   * asked once for all requests that were on their way when it answered.
   */
  async insteadOf({ token, questions }: Presented): Promise<string | undefined> {
    const { getToken } = this;
    if (!getToken || this.#token !== token) return this.#otherThan(token);
    if (this.#questions === questions) {
      this.#question ??= this.#ask(getToken).finally(() => (this.#question = undefined));
      await this.#question;
    }
    if (this.#token === token && this.#failure) throw this.#failure;
    return this.#otherThan(token);
  }

  /** The present token, if it is another. */
  #otherThan(token: string): string | undefined {
    return this.#token === token ? undefined : this.#token;
  }

  /**
   * Takes the token that the application gives, unless another one is set first: whoever is asked may take
   * for ever.
   */
  async #ask(getToken: GetToken): Promise<void> {
    const before = this.#token;
    const end = new Promise<void>((resolve) => (this.#endQuestion = resolve));
    let failure: SynclineError | undefined;
    this.#isAsking = true;
    try {
      const token = await Promise.race([getToken(), end]);
      if (token !== undefined && this.#token === before) this.renew(token);
    } catch (cause) {
      failure = failureOf(cause);
    } finally {
      this.#isAsking = false;
    }
    // Whoever was refused with the old token has another now.
    if (this.#token !== before) return;
    this.#failure = failure;
    this.#questions++;
  }

  #assertOurs(token: string, rule: string): void {
    const identity = identityOf(token);
    const { issuer = this.issuer } = identity;
    if (!isOf(this.user, identity) || issuer !== (this.issuer ?? issuer)) {
      throw new SynclineError("options", rule);
    }
    this.issuer = issuer;
  }
}

function failureOf(cause: unknown): SynclineError {
  if (cause instanceof SynclineError) return cause;
  return new SynclineError("unauthorized", "`getToken` gave no new token: sign in again", { cause });
}

/** Whether a token may be this user's. The server knows a user `7` of another issuer as `acme|7`. */
function isOf(user: string, { user: told = user, issuer }: Identity): boolean {
  return told === user || (issuer !== undefined && told === user.slice(user.indexOf("|") + 1));
}

export function identityOf(token: string): Identity {
  try {
    const payload = token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const { sub, iss } = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown; iss?: unknown };
    // An empty issuer is none.
    const isTold = typeof iss === "string" && iss !== "";
    return { ...(typeof sub === "string" && { user: sub }), ...(isTold && { issuer: iss }) };
  } catch {
    return {};
  }
}
