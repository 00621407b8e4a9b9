import type { DocumentId, Store } from "@syncline/client";
import { useTextField } from "@syncline/playground/hooks";
import { useEffect, useState } from "preact/hooks";

import { today } from "../calendar.js";
import { type Planner, ensurePlanner, isNameless, isReadOnly, rename } from "../planner.js";
import { COLLECTION } from "../session.js";
import { ConflictCard } from "./conflict.js";
import { DayDialog } from "./day.js";
import { useAttempts, useConflicts, usePlanners, useStatus } from "./hooks.js";
import { ShareDialog } from "./share.js";
import { SignOut } from "./sign-out.js";
import { SessionEnded, StatusLine } from "./status.js";
import { Legend, Year } from "./year.js";

interface Props {
  readonly store: Store;
}

/** A planner, and the others to choose from. */
export function PlannerPage({ store }: Props) {
  const planners = store.collection<Planner>(COLLECTION);
  const all = usePlanners(planners);
  const status = useStatus(store);
  const [conflicts, dismiss] = useConflicts(store);
  const [problem, attempt] = useAttempts();
  const [chosen, setChosen] = useState<DocumentId>();
  const [date, setDate] = useState<string>();
  const [isSharing, setIsSharing] = useState(false);
  const planner = all?.find((found) => nameOf(found) === nameOf(chosen)) ?? all?.find(({ owner }) => !owner);
  const title = useTextField<HTMLInputElement>(
    planner?.doc.meta.name ?? "",
    (name) => attempt(rename(planners, planner!, name)),
    isNameless,
  );

  // This year's planner is there from the beginning, with a network or without.
  useEffect(() => void attempt(ensurePlanner(store, new Date(today()).getFullYear())), [store]);
  if (!all || !planner) return null;

  const begin = async (year: number) => setChosen(await ensurePlanner(store, year));
  const { year } = planner.doc.meta;
  return (
    <main>
      <h1 class="visually-hidden">{planner.doc.meta.name}</h1>
      <header>
        <input {...title} class="name" aria-label="Name of the planner" readOnly={isReadOnly(planner)} />
        <nav aria-label="Planners">
          <button type="button" onClick={() => void attempt(begin(year - 1))}>
            ← {year - 1}
          </button>
          <select
            aria-label="Planner"
            value={nameOf(planner)}
            onChange={({ currentTarget }) =>
              setChosen(all.find((found) => nameOf(found) === currentTarget.value))
            }
          >
            {all.map((found) => (
              <option key={nameOf(found)} value={nameOf(found)}>
                {found.doc.meta.name}
                {found.owner !== undefined && " (shared with me)"}
              </option>
            ))}
          </select>
          <button type="button" onClick={() => void attempt(begin(year + 1))}>
            {year + 1} →
          </button>
          {planner.owner === undefined && (
            <button type="button" onClick={() => setIsSharing(true)}>
              Share
            </button>
          )}
          <SignOut store={store} attempt={attempt} />
        </nav>
        <StatusLine status={status} isUnsent={all.some(({ isUnsent }) => isUnsent)} />
      </header>
      <SessionEnded store={store} status={status} attempt={attempt} />
      {isNameless(title.value) && (
        <p role="alert">A planner needs a name: write one, or it keeps its old one.</p>
      )}
      {problem !== undefined && date === undefined && <p role="alert">{problem}</p>}
      {planner.rejection && <p role="alert">{planner.rejection.error}</p>}
      {conflicts.map((conflict) => (
        <ConflictCard
          key={`${conflict.key} ${conflict.field} ${conflict.localRev}`}
          conflict={conflict}
          planners={planners}
          attempt={attempt}
          onDone={() => dismiss(conflict)}
        />
      ))}
      <Legend />
      <Year planner={planner.doc} onOpen={setDate} />
      {date !== undefined && (
        <DayDialog
          date={date}
          found={planner}
          planners={planners}
          problem={problem}
          attempt={attempt}
          onClose={() => setDate(undefined)}
        />
      )}
      {isSharing && <ShareDialog store={store} planner={planner} onClose={() => setIsSharing(false)} />}
    </main>
  );
}

/** One text for each planner: two people may have one of the same key. */
function nameOf(id: DocumentId | undefined): string | undefined {
  return id && `${id.key} ${id.owner ?? ""}`;
}
