import { SynclineError } from "@syncline/client";
import { useState } from "preact/hooks";

import type { Playground } from "../playground.js";
import { sentenceOf } from "../server.js";
import { Switch } from "./switch.js";

interface Props {
  readonly playground: Playground;
  readonly showsClocks: boolean;
  readonly onShowClocks: (shows: boolean) => void;
}

/** The name, who is signed in, and whether the machinery is shown. */
export function Header({ playground, showsClocks, onShowClocks }: Props) {
  const [question, setQuestion] = useState<string>();
  const signOut = async (discardUnsent: boolean) => {
    try {
      await playground.signOut(discardUnsent);
      setQuestion(undefined);
    } catch (error) {
      const isUnsent = error instanceof SynclineError && error.code === "unsent";
      setQuestion(isUnsent ? "Some edits are on these devices alone." : sentenceOf(error));
    }
  };
  return (
    <header>
      <a class="brand" href="/">
        <img src="/playground/icon.svg" alt="" width="28" height="28" />
        Syncline
      </a>
      {playground.person && (
        <div class="account">
          <Switch label="Clocks" isOn={showsClocks} onChange={onShowClocks} />
          <span class="who">
            <span class="prefix">Signed in as </span>
            <strong>{playground.person.name}</strong>
          </span>
          <button type="button" class="quiet" onClick={() => void signOut(false)}>
            Sign out
          </button>
        </div>
      )}
      {question !== undefined && (
        <p class="banner" role="alert">
          {question}{" "}
          <button type="button" onClick={() => void signOut(true)}>
            Sign out and lose them
          </button>
          <button type="button" class="quiet" onClick={() => setQuestion(undefined)}>
            Stay
          </button>
        </p>
      )}
    </header>
  );
}
