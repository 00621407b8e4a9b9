import { useRef, useState } from "preact/hooks";

import { WEEKDAYS, columnOf, datesOf, later, monthName, spoken, today } from "../calendar.js";
import { type Day, KINDS, type Planner } from "../planner.js";

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

interface Props {
  readonly planner: Planner;
  readonly onOpen: (date: string) => void;
}

/** What the colours of the days mean. */
export function Legend() {
  return (
    <ul class="legend" aria-label="Kinds of days">
      {KINDS.map((kind, type) => type > 0 && <li class={`kind-${type}`}>{kind}</li>)}
    </ul>
  );
}

/** The twelve months. One day is a stop of the tabulator; arrows lead to the others. */
export function Year({ planner: { meta, days = {} }, onOpen }: Props) {
  const grid = useRef<HTMLDivElement>(null);
  const now = today();
  const first = now.startsWith(`${meta.year}-`) ? now : `${meta.year}-01-01`;
  const [stop, setStop] = useState<string>();
  const stopAt = stop?.startsWith(`${meta.year}-`) ? stop : first;

  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = later(stopAt, step);
    if (!next.startsWith(`${meta.year}-`)) return;
    setStop(next);
    grid.current?.querySelector<HTMLElement>(`[data-date="${next}"]`)?.focus();
  };

  return (
    <div class="year" ref={grid} onKeyDown={move}>
      {Array.from({ length: 12 }, (_, month) => (
        <section key={month} aria-label={monthName(meta.year, month)}>
          <h2>{monthName(meta.year, month)}</h2>
          <div class="week" aria-hidden="true">
            {WEEKDAYS.map((name) => (
              <span key={name}>{name}</span>
            ))}
          </div>
          <div class="month">
            {datesOf(meta.year, month).map((date) => (
              <button
                type="button"
                key={date}
                data-date={date}
                class={classOf(date, days[date], now)}
                tabIndex={date === stopAt ? 0 : -1}
                aria-label={labelOf(date, days[date])}
                aria-current={date === now ? "date" : undefined}
                onFocus={() => setStop(date)}
                onClick={() => onOpen(date)}
              >
                {Number(date.slice(8))}
              </button>
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}

function classOf(date: string, { type = 0, notes }: Day = {}, now: string): string {
  const marks = [notes ? "noted" : "", date === now ? "today" : ""];
  return [`column-${columnOf(date)}`, `kind-${type}`, ...marks].filter(Boolean).join(" ");
}

function labelOf(date: string, { type = 0, notes, mood }: Day = {}): string {
  const parts = [spoken(date), type > 0 && KINDS[type], mood && `mood ${mood} of 5`, notes && "with notes"];
  return parts.filter(Boolean).join(", ");
}
