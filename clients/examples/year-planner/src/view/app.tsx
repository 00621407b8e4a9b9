import type { Store } from "@syncline/client";
import { useEffect, useState } from "preact/hooks";

import { type Session, keptSession, open } from "../session.js";
import { PlannerPage } from "./planner.js";
import { SignIn } from "./sign-in.js";

/** Signing in, and then the planners. */
export function App() {
  const [session, setSession] = useState(keptSession);
  const [store, setStore] = useState<Store>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    if (!session) return;
    const onSignedOut = () => {
      setStore(undefined);
      setSession(undefined);
    };
    open(session, onSignedOut).then(setStore, (error: Error) => setProblem(error.message));
  }, [session]);

  return (
    <>
      {problem !== undefined && <p role="alert">{problem}</p>}
      {!session && <SignIn onSignedIn={(signedIn: Session) => setSession(signedIn)} />}
      {session && store && <PlannerPage store={store} />}
    </>
  );
}
