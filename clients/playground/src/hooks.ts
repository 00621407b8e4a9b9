import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

import type { Observable } from "./observable.js";

/** Shows again what changes. */
export function useObservable(observable: Observable): void {
  const [, showAgain] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    showAgain(undefined);
    return observable.watch(() => showAgain(undefined));
  }, [observable]);
}

type TextElement = HTMLInputElement | HTMLTextAreaElement;

/** What a field for a text needs. */
export interface TextField<Element extends TextElement> {
  readonly ref: { current: Element | null };
  readonly value: string;
  readonly onInput: (event: { readonly currentTarget: Element }) => void;
  readonly onBlur: () => void;
}

/**
 * A field that keeps every keystroke with `save`, and shows what is stored: also while somebody writes in
 * it, as soon as their own words are kept, with the caret where it was. A text that `isOnTheWay` to another
 * is not kept, and shown until the field is left.
 */
export function useTextField<Element extends TextElement>(
  stored: string,
  save: (text: string) => Promise<void>,
  isOnTheWay = (_text: string) => false,
): TextField<Element> {
  const ref = useRef<Element>(null);
  const [draft, setDraft] = useState<string>();
  const saving = useRef(0);
  const shown = useRef(stored);
  const value = draft ?? stored;
  const caret = ref.current?.selectionStart ?? 0;
  const isPassing = (text: string | undefined) => text !== undefined && isOnTheWay(text);

  useLayoutEffect(() => {
    const element = ref.current;
    const before = shown.current;
    shown.current = value;
    if (!element || before === value || draft !== undefined || document.activeElement !== element) return;
    const moved = caretAfter(before, value, caret);
    element.setSelectionRange(moved, moved);
  }, [value]);

  const onInput = async ({ currentTarget }: { readonly currentTarget: Element }) => {
    setDraft(currentTarget.value);
    if (isOnTheWay(currentTarget.value)) return;
    saving.current++;
    try {
      await save(currentTarget.value);
    } finally {
      // What could not be kept is shown no longer either.
      if (--saving.current === 0) setDraft((last) => (isPassing(last) ? last : undefined));
    }
  };
  const onBlur = () => setDraft((last) => (isPassing(last) ? undefined : last));
  return { ref, value, onInput: (event) => void onInput(event), onBlur };
}

/** Where a caret goes when the text around it changes. */
function caretAfter(before: string, after: string, caret: number): number {
  if (after.startsWith(before.slice(0, caret))) return caret;
  return Math.max(0, caret + after.length - before.length);
}
