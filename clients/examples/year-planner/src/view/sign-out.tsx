import { type Store, SynclineError } from "@syncline/client";
import { useRef } from "preact/hooks";

import type { Attempt } from "./hooks.js";

interface Props {
  readonly store: Store;
  readonly attempt: Attempt;
}

/** Signs out, and asks before that if something would be lost. */
export function SignOut({ store, attempt }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const signOut = async (discardUnsent: boolean) => {
    try {
      await store.signOut({ discardUnsent });
    } catch (error) {
      if (!(error instanceof SynclineError && error.code === "unsent")) throw error;
      dialog.current?.showModal();
    }
  };
  return (
    <>
      <button type="button" onClick={() => void attempt(signOut(false))}>
        Sign out
      </button>
      <dialog ref={dialog} aria-labelledby="sign-out">
        <h2 id="sign-out">Sign out?</h2>
        <p>Some of what you wrote is on this device alone, and would be lost.</p>
        <button type="button" onClick={() => void attempt(signOut(true))}>
          Sign out and lose it
        </button>
        <button type="button" class="primary" onClick={() => dialog.current?.close()}>
          Stay
        </button>
      </dialog>
    </>
  );
}
