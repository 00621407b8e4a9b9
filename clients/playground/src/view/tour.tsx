import { useEffect, useRef, useState } from "preact/hooks";

import type { Playground } from "../playground.js";
import { sentenceOf } from "../server.js";
import { TOUR, type Step } from "../tour.js";

interface Props {
  readonly playground: Playground;
}

/** What to try, in a minute: by hand, or shown. */
export function Tour({ playground }: Props) {
  const [done, setDone] = useState(0);
  const [running, setRunning] = useState<number>();
  const [problem, setProblem] = useState<string>();
  // Whom to share with is not known where people sign in for real.
  const steps = playground.person?.isDevelopment ? TOUR : TOUR.slice(0, -1);

  const list = useRef<HTMLOListElement>(null);
  // On a phone only the next step is shown: the one that had the focus gives it to the next.
  useEffect(() => {
    if (done > 0 && document.activeElement === document.body) {
      list.current?.querySelector<HTMLElement>(".next button")?.focus();
    }
  }, [done]);

  const show = async (step: Step, index: number) => {
    if (running !== undefined) return;
    setRunning(index);
    setProblem(undefined);
    try {
      await step.show(playground);
      setDone(index + 1);
      playground.announce(`${step.title}: ${step.text}`);
    } catch (error) {
      setProblem(sentenceOf(error));
    } finally {
      setRunning(undefined);
    }
  };

  const wordsOf = (index: number) => {
    if (running === index) return "Showing…";
    return index < done ? "Show again" : "Show me";
  };

  return (
    <section class="tour" aria-labelledby="tour">
      <h2 id="tour">In a minute</h2>
      <ol ref={list}>
        {steps.map((step, index) => (
          <li key={step.title} class={classOf(index, done)}>
            <h3 data-step={index + 1}>{step.title}</h3>
            <p>{step.text}</p>
            <button
              type="button"
              class={index === done ? "primary" : ""}
              aria-label={`${wordsOf(index)}: ${step.title}`}
              aria-disabled={running !== undefined}
              onClick={() => void show(step, index)}
            >
              {wordsOf(index)}
            </button>
          </li>
        ))}
      </ol>
      {problem !== undefined && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

function classOf(index: number, done: number): string {
  if (index === done) return "next";
  return index < done ? "done" : "";
}
