import type { Status, Store } from "@syncline/client";

import { signInAgain } from "../session.js";
import type { Attempt } from "./hooks.js";

/** How synchronising goes, in a sentence. */
export function StatusLine({ status, isUnsent }: { readonly status: Status; readonly isUnsent: boolean }) {
  return <p role="status">{isUnsent ? "Kept on this device, not yet on the server." : sentenceOf(status)}</p>;
}

function sentenceOf({ error }: Status): string {
  if (!error) return "Up to date.";
  if (error.code === "unauthorized") return "Not signed in.";
  return error.code === "refused" ? error.message : "The server was not reached.";
}

interface Props {
  readonly store: Store;
  readonly status: Status;
  readonly attempt: Attempt;
}

/** The way back to the server when the session has ended. */
export function SessionEnded({ store, status, attempt }: Props) {
  if (status.error?.code !== "unauthorized") return null;
  return (
    <div role="alert">
      <p>Your session has ended. What you write stays on this device, and is sent once you sign in.</p>
      <button type="button" onClick={() => void attempt(signInAgain(store))}>
        Sign in again
      </button>
    </div>
  );
}
