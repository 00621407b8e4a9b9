/** Something that changes, and tells whoever shows it. */
export class Observable {
  readonly #listeners = new Set<() => void>();

  /** Calls `listener` after every change, until the function that this returns is called. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
