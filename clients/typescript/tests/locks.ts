/** One Web Lock, of which a test decides when those concerned hear. */
export class Locks {
  /** What comes before a lock is taken from its holder. */
  untilStolen: Promise<unknown> = Promise.resolve();
  /** What comes before its holder hears of that. */
  untilLost: Promise<unknown> = Promise.resolve();
  #lose: (() => void) | undefined;
  readonly #queue = new Set<() => void>();

  async request(_: string, { steal, signal }: LockOptions, hold: () => Promise<void>): Promise<void> {
    await (steal ? this.untilStolen : undefined);
    if (!steal && this.#lose) await this.#turn(signal);
    const loser = this.#lose;
    await new Promise<void>((resolve, reject) => {
      const lose = () => reject(new DOMException("it was stolen", "AbortError"));
      this.#lose = lose;
      void hold().then(() => {
        resolve();
        if (this.#lose === lose) this.#release();
      });
      if (loser) void this.untilLost.then(loser);
    });
  }

  #release(): void {
    this.#lose = undefined;
    const [next] = this.#queue;
    if (next) this.#queue.delete(next);
    next?.();
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.add(resolve);
      signal?.addEventListener("abort", () => {
        this.#queue.delete(resolve);
        reject(new DOMException("nobody waits for it", "AbortError"));
      });
    });
  }
}
