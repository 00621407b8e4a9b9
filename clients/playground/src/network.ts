import type { Fetch } from "@syncline/client";

/** A device's way to the server, which can be cut like a cable. */
export class Network {
  #isOn: boolean;
  #cable = new AbortController();

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Cutting it ends whatever is under way, live streams included. */
  set isOn(isOn: boolean) {
    this.#isOn = isOn;
    if (isOn) this.#cable = new AbortController();
    else this.#cable.abort(new TypeError("this device is offline"));
  }

  readonly fetch: Fetch = (input, init) => {
    if (!this.#isOn) return Promise.reject(new TypeError("this device is offline"));
    const signals = [this.#cable.signal, ...(init.signal ? [init.signal] : [])];
    return globalThis.fetch(input, { ...init, signal: AbortSignal.any(signals) });
  };
}
