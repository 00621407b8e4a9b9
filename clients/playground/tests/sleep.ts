declare global {
  var wakeUp: () => void;
}

/** A script of a tab: it hears nothing of the others, until it wakes up. */
export function sleep(): void {
  const heard: (() => void)[] = [];
  let hear = (told: () => void): unknown => heard.push(told);
  Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
    set(this: BroadcastChannel, listener: (event: MessageEvent) => void) {
      this.addEventListener("message", (event) => hear(() => listener(event)));
    },
  });
  globalThis.wakeUp = () => {
    hear = (told) => told();
    for (const told of heard) told();
  };
}
