import { useEffect, useRef, useState } from "preact/hooks";

import { type Session, signIn } from "../session.js";

/** Asks where the server is, and who somebody is. */
export function SignIn({ onSignedIn }: { readonly onSignedIn: (session: Session) => void }) {
  const [server, setServer] = useState("http://127.0.0.1:8080");
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string>();
  const heading = useRef<HTMLHeadingElement>(null);
  // Where the focus was, nothing is any more.
  useEffect(() => heading.current?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    signIn(server, name).then(onSignedIn, (error: Error) => setProblem(error.message));
  };
  return (
    <main class="sign-in">
      <h1 ref={heading} tabIndex={-1}>
        Year planner
      </h1>
      <form onSubmit={submit}>
        <label>
          Server
          <input
            type="url"
            required
            value={server}
            onInput={(event) => setServer(event.currentTarget.value)}
          />
        </label>
        <label>
          Your name
          <input required value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
      {problem !== undefined && <p role="alert">{problem}</p>}
    </main>
  );
}
