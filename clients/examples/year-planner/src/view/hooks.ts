import type { Collection, Conflict, Found, Status, Store } from "@syncline/client";
import { useEffect, useState } from "preact/hooks";

import type { Planner } from "../planner.js";

/** The planners on this device, as they are at any moment. */
export function usePlanners(planners: Collection<Planner>): readonly Found<Planner>[] | undefined {
  const [found, setFound] = useState<readonly Found<Planner>[]>();
  useEffect(() => planners.subscribe({}, setFound), [planners]);
  return found;
}

/** How synchronising goes. What went wrong still holds while it is tried again. */
export function useStatus(store: Store): Status {
  const [status, setStatus] = useState(store.status);
  useEffect(() => {
    const look = () => store.status.state !== "syncing" && setStatus(store.status);
    look();
    return store.on("status", look);
  }, [store]);
  return status;
}

/** Conflicts that nobody has put away, and how to do that. */
export function useConflicts(store: Store): [readonly Conflict[], (conflict: Conflict) => void] {
  const [conflicts, setConflicts] = useState<readonly Conflict[]>([]);
  useEffect(
    () =>
      store.on("conflict", ({ conflict }) => {
        if (conflict.winner !== "auto-merged") setConflicts((others) => [...others, conflict]);
      }),
    [store],
  );
  return [conflicts, (conflict) => setConflicts((all) => all.filter((other) => other !== conflict))];
}

/** Tries what may fail. */
export type Attempt = (work: Promise<unknown>) => Promise<void>;

/** Why the last attempt failed, if it did, and how to make one. */
export function useAttempts(): [problem: string | undefined, attempt: Attempt] {
  const [problem, setProblem] = useState<string>();
  const attempt = async (work: Promise<unknown>) => {
    try {
      await work;
      setProblem(undefined);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return [problem, attempt];
}
