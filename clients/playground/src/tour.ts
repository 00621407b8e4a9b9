import type { Task } from "./device.js";
import { FRIEND, type Playground } from "./playground.js";
import { share } from "./sharing.js";

/** A step of the tour: what is to be seen, and the same done by itself. */
export interface Step {
  readonly title: string;
  readonly text: string;
  readonly show: (playground: Playground) => Promise<void>;
}

/** The task that the tour works on. */
const KEY = "lake-trip";
const TASK: Task = { title: "Plan the lake trip", done: false, notes: "Tent\nStove\n" };

/** What the devices write, something else each time that the tour is taken. */
const FIRST = ["Map", "Hammock", "Books"];
const LAST = ["Torch", "Rope", "Kettle"];
const MONTHS = ["June", "July", "August"];

export const TOUR: readonly Step[] = [
  {
    title: "Write",
    text: "A task on the phone is on the laptop a moment later.",
    show: write,
  },
  {
    title: "Lose the network",
    text: "Both go offline and carry on: each adds a line to the same notes.",
    show: editOffline,
  },
  {
    title: "Come back",
    text: "Fields and lines merge. Both devices hold everything.",
    show: reconnect,
  },
  {
    title: "Disagree",
    text: "Two titles for one task: the later one stays, and you may still take the other.",
    show: disagree,
  },
  {
    title: "Share",
    text: `${FRIEND} gets the task on a tablet of her own, and may edit it.`,
    show: shareWithFriend,
  },
];

async function write(playground: Playground): Promise<void> {
  setAll(playground, true);
  await ensureTask(playground);
}

async function editOffline(playground: Playground): Promise<void> {
  await ensureTask(playground);
  setAll(playground, false);
  await playground.phone.edit((tasks) =>
    tasks.update(KEY, ({ notes = "", ...task }) => ({ ...task, notes: `${notes}${unused(LAST, notes)}\n` })),
  );
  await playground.laptop.edit((tasks) =>
    tasks.update(KEY, ({ notes = "", ...task }) => ({
      ...task,
      priority: task.priority === "high" ? "low" : "high",
      notes: `${unused(FIRST, notes)}\n${notes}`,
    })),
  );
}

async function reconnect(playground: Playground): Promise<void> {
  setAll(playground, true);
  await settle(playground);
}

async function disagree(playground: Playground): Promise<void> {
  await ensureTask(playground);
  setAll(playground, false);
  const title = playground.laptop.tasks.find(({ key }) => key === KEY)?.doc.title ?? "";
  const [early, late] = MONTHS.filter((month) => !title.endsWith(month));
  await playground.phone.change({ key: KEY }, { title: `${TASK.title} in ${early}` });
  await playground.laptop.change({ key: KEY }, { title: `${TASK.title} in ${late}` });
  playground.phone.setOnline(true);
  await playground.phone.sync();
  await reconnect(playground);
}

async function shareWithFriend(playground: Playground): Promise<void> {
  setAll(playground, true);
  await ensureTask(playground);
  const tablet = await playground.invite(FRIEND);
  tablet.setOnline(true);
  await share(playground.phone, KEY, tablet.person.userId, "write");
  await tablet.sync();
}

/** The first of `words` that is not in a text; the last when all are. */
function unused(words: readonly string[], text: string): string {
  return words.find((word) => !text.includes(word)) ?? words.at(-1)!;
}

/** The task is on both devices. */
async function ensureTask(playground: Playground): Promise<void> {
  const { phone, laptop } = playground;
  const has = (device: typeof phone) => device.tasks.some(({ key, owner }) => key === KEY && !owner);
  if (has(phone) && has(laptop)) return;
  setAll(playground, true);
  await settle(playground);
  if (!has(phone)) await phone.edit((tasks) => tasks.set(KEY, TASK));
  await settle(playground);
}

/** Both devices have everything. */
async function settle({ phone, laptop }: Playground): Promise<void> {
  for (const device of [phone, laptop, phone]) await device.sync();
}

function setAll({ phone, laptop }: Playground, isOnline: boolean): void {
  for (const device of [phone, laptop]) if (device.isOnline !== isOnline) device.setOnline(isOnline);
}
