import { Device } from "./device.js";
import { Observable } from "./observable.js";
import { type Person, begin, forgetPerson, isKept, keepPerson, keepToken, signInAs } from "./session.js";

/** The devices of the person who is signed in. */
const OWN_DEVICES = ["Phone", "Laptop"] as const;
const GUEST_DEVICE = "Tablet";

/** Who a newcomer is, where anyone may be anyone, and whom they share with. */
export const NEWCOMER = "Ada";
export const FRIEND = "Grace";

const GUESTS = "syncline.guests";

/** Each device listens to the server, and browsers open no more than six connections to one. */
const MOST_GUESTS = 2;

/** All that the page shows: who is signed in, their devices, and those of people they share with. */
export class Playground extends Observable {
  #person: Person | undefined;
  #devices: readonly Device[] = [];
  #announcement = "";

  /** Begins with whoever is signed in; nobody may be. */
  async begin(): Promise<void> {
    const person = await begin(NEWCOMER);
    if (person) await this.signIn(person);
  }

  get person(): Person | undefined {
    return this.#person;
  }

  get devices(): readonly Device[] {
    return this.#devices;
  }

  get phone(): Device {
    return this.#devices[0]!;
  }

  get laptop(): Device {
    return this.#devices[1]!;
  }

  /** What was last told to those who do not see the page. */
  get announcement(): string {
    return this.#announcement;
  }

  announce(sentence: string): void {
    this.#announcement = sentence;
    this.changed();
  }

  isGuest({ person }: Device): boolean {
    return person.userId !== this.#person?.userId;
  }

  /** The name of a user, if the page knows it. */
  nameOf(userId: string): string {
    const known = this.#devices.find(({ person }) => person.userId === userId);
    return known?.person.name ?? `${userId.slice(0, 8)}…`;
  }

  /** The name of the device that stamps clocks as `node`, as `device` sees it. */
  writerOf(node: string, device: Device): string {
    if (node.startsWith("server~")) return "the server";
    const writer = this.#devices.find(({ clocks }) => clocks?.node === node);
    if (!writer) return `${node.slice(0, 8)}…`;
    return writer === device ? "this device" : writer.name.toLowerCase();
  }

  async signIn(signedIn: Person): Promise<void> {
    const person = keepPerson(signedIn);
    const own = OWN_DEVICES.map((name) => this.#open(name, person, (token) => keepToken(person, token)));
    const guests = keptGuests().map((guest) => this.#openGuest(guest));
    const devices = await Promise.all([...own, ...guests]);
    this.#person = person;
    this.#devices = devices;
    this.changed();
  }

  /** Wipes all devices. Throws when edits would be lost, unless `discardUnsent`. */
  async signOut(discardUnsent: boolean): Promise<void> {
    const devices = this.#devices;
    // All or none: whoever stays needs each of them.
    if (!discardUnsent) for (const device of devices) await device.assertSent();
    // With the last of their own the person leaves: guests' come first.
    for (const device of devices.toReversed()) await device.wipe(discardUnsent);
  }

  /** The person of that name, with a device on the page: they can sign in here as anyone. */
  async invite(name: string): Promise<Device> {
    const guest = await signInAs(name);
    const known = this.#devices.find(({ person }) => person.userId === guest.userId);
    if (known) return known;
    if (keptGuests().length >= MOST_GUESTS) {
      throw new Error(`No more than ${MOST_GUESTS} guests fit on this page: take a device away first`);
    }
    const device = await this.#openGuest(guest);
    this.#devices = [...this.#devices, device];
    keepGuests([...keptGuests(), guest]);
    this.changed();
    return device;
  }

  /** Takes a guest's device off the page, and what is on it. */
  async takeAway(device: Device): Promise<void> {
    await device.wipe(true);
    keepGuests(keptGuests().filter(({ userId }) => userId !== device.person.userId));
  }

  #openGuest(guest: Person): Promise<Device> {
    return this.#open(GUEST_DEVICE, guest, () => undefined);
  }

  async #open(name: string, person: Person, onToken: (token: string) => void): Promise<Device> {
    const device = await Device.open(name, person, onToken);
    device.watch(() => device.isWiped && this.#takeOff(device));
    return device;
  }

  /** Shows a device no more: somebody wiped it, in this tab or another. */
  #takeOff(device: Device): void {
    this.#devices = this.#devices.filter((other) => other !== device);
    if (this.#person && this.#devices.every((other) => this.isGuest(other))) this.#leave(this.#person);
    this.changed();
  }

  #leave(person: Person): void {
    this.#person = undefined;
    this.#devices = [];
    // Somebody may have signed in since, in another tab.
    if (!isKept(person)) return;
    forgetPerson();
    keepGuests([]);
  }
}

function keptGuests(): Person[] {
  return JSON.parse(localStorage.getItem(GUESTS) ?? "[]") as Person[];
}

function keepGuests(guests: readonly Person[]): void {
  localStorage.setItem(GUESTS, JSON.stringify(guests));
}
