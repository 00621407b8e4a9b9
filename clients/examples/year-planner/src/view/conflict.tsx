import { type Collection, type Conflict, type Document, keysOf } from "@syncline/client";

import { spoken } from "../calendar.js";
import { KINDS, type Planner } from "../planner.js";
import type { Attempt } from "./hooks.js";

interface Props {
  readonly conflict: Conflict;
  readonly planners: Collection<Planner>;
  readonly attempt: Attempt;
  readonly onDone: () => void;
}

/** A field that two devices changed, with both values. */
export function ConflictCard({ conflict, planners, attempt, onDone }: Props) {
  const { key, owner, field, winner, localValue, remoteValue, winnerValue } = conflict;
  const lost = winner === "local" ? remoteValue : localValue;
  const take = async () => {
    await planners.update({ key, ...(owner !== undefined && { owner }) }, (planner) => {
      put(planner as unknown as Document, keysOf(field), lost);
    });
    onDone();
  };
  return (
    <article class="conflict">
      <p>
        Two devices changed <strong>{nameOf(field)}</strong>. “{textOf(field, winnerValue)}” stays, “
        {textOf(field, lost)}” was written as well.
      </p>
      <button type="button" onClick={() => void attempt(take())}>
        Take the other
      </button>
      <button type="button" onClick={onDone}>
        Leave it
      </button>
    </article>
  );
}

/** A field as people call it. */
function nameOf(field: string): string {
  const [, date, part] = keysOf(field);
  if (part === undefined) return "the name";
  return `the ${part === "type" ? "kind" : part} of ${spoken(date!)}`;
}

function textOf(field: string, value: Document[string]): string {
  return (field.endsWith(".type") && KINDS[value as number]) || String(value);
}

/** Puts a value where a path leads. */
function put(document: Document, path: readonly string[], value: Document[string]): void {
  const names = [...path];
  const last = names.pop()!;
  const place = names.reduce((object, name) => (object[name] ??= {}) as Document, document);
  place[last] = value;
}
