import { useEffect, useRef, useState } from "preact/hooks";

import { NEWCOMER, type Playground } from "../playground.js";
import { sentenceOf } from "../server.js";
import { type SignIns, leaveFor, signInAs, signInWith, signIns } from "../session.js";

interface Props {
  readonly playground: Playground;
}

/** Every way to sign in at this server. */
export function SignIn({ playground }: Props) {
  const [ways, setWays] = useState<SignIns>();
  const [problem, setProblem] = useState<string>();
  const attempt = (work: () => Promise<unknown>) => {
    setProblem(undefined);
    work().catch((error: unknown) => setProblem(sentenceOf(error)));
  };
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Where the focus was, nothing is any more.
    heading.current?.focus();
    attempt(async () => setWays(await signIns()));
  }, []);
  return (
    <section class="sign-in" aria-labelledby="sign-in">
      <h2 id="sign-in" ref={heading} tabIndex={-1}>
        Sign in
      </h2>
      {problem !== undefined && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
      {ways?.isDevelopment && (
        <OneField
          label="Your name: on this server, anyone may be anyone"
          value={NEWCOMER}
          onSubmit={(name) => attempt(async () => playground.signIn(await signInAs(name)))}
        />
      )}
      {ways?.providers.map((provider) => (
        <button type="button" key={provider} onClick={() => attempt(() => leaveFor(provider))}>
          Sign in with {provider[0]!.toUpperCase() + provider.slice(1)}
        </button>
      ))}
      <OneField
        label="A session token, as “syncline token” prints one"
        value=""
        onSubmit={(token) => attempt(async () => playground.signIn(await signInWith(token)))}
      />
    </section>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onSubmit: (text: string) => void;
}

function OneField({ label, value, onSubmit }: FieldProps) {
  const [text, setText] = useState(value);
  const submit = (event: Event) => {
    event.preventDefault();
    onSubmit(text.trim());
  };
  return (
    <form class="one-field" onSubmit={submit}>
      <label>
        {label}
        <input
          value={text}
          required
          autocomplete="off"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <button type="submit">Sign in</button>
    </form>
  );
}
