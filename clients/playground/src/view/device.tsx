import { useEffect, useRef, useState } from "preact/hooks";

import type { Device } from "../device.js";
import { useObservable } from "../hooks.js";
import type { Playground } from "../playground.js";
import { Clocks } from "./clocks.js";
import { NoticeCard } from "./notice.js";
import { StatusLine, problemOf } from "./status.js";
import { Switch } from "./switch.js";
import { TaskItem } from "./task.js";

interface Props {
  readonly device: Device;
  readonly playground: Playground;
  readonly showsClocks: boolean;
}

/** One device: its switch, its tasks, and what it was told. */
export function DevicePanel({ device, playground, showsClocks }: Props) {
  useObservable(device);
  const isGuest = playground.isGuest(device);
  const heading = `device-${device.id}`;
  const problem = problemOf(device);
  const turn = (isOnline: boolean) => {
    device.setOnline(isOnline);
    playground.announce(`${titleOf(device, isGuest)} is ${isOnline ? "online" : "offline"}`);
  };
  return (
    <section class={`device ${device.isOnline ? "online" : "offline"}`} aria-labelledby={heading}>
      <div class="device-head">
        <div>
          <h2 id={heading}>{titleOf(device, isGuest)}</h2>
          <StatusLine device={device} />
        </div>
        <Switch label={device.isOnline ? "Online" : "Offline"} isOn={device.isOnline} onChange={turn} />
      </div>
      {problem !== undefined && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
      <Notices device={device} />
      <AddTask device={device} />
      {device.tasks.length === 0 ? (
        <p class="empty">
          {isGuest ? "Nothing is shared yet." : "Nothing to do. Write the first task above."}
        </p>
      ) : (
        <ul class="tasks">
          {device.tasks.map((task) => (
            <TaskItem
              key={`${task.owner ?? ""} ${task.key}`}
              found={task}
              device={device}
              playground={playground}
              showsClocks={showsClocks}
            />
          ))}
        </ul>
      )}
      {showsClocks && device.clocks && <Clocks clocks={device.clocks} />}
      {isGuest && (
        <button type="button" class="quiet take-away" onClick={() => void playground.takeAway(device)}>
          Take this device away
        </button>
      )}
    </section>
  );
}

function Notices({ device }: Pick<Props, "device">) {
  const ref = useRef<HTMLDivElement>(null);
  const count = device.notices.length;
  // A notice that is put away takes the focus with it.
  useEffect(() => {
    if (document.activeElement === document.body && count > 0) ref.current?.querySelector("button")?.focus();
  }, [count]);
  return (
    <div class="notices" role="log" aria-label="What merged, and what did not" ref={ref}>
      {device.notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} device={device} />
      ))}
    </div>
  );
}

function AddTask({ device }: Pick<Props, "device">) {
  const [title, setTitle] = useState("");
  const add = async (event: Event) => {
    event.preventDefault();
    if (title.trim() === "") return;
    setTitle("");
    await device.add(title.trim());
  };
  const id = `add-${device.id}`;
  return (
    <form class="add" onSubmit={(event) => void add(event)}>
      <label class="visually-hidden" for={id}>
        New task
      </label>
      <input
        id={id}
        value={title}
        placeholder="New task"
        autocomplete="off"
        onInput={({ currentTarget }) => setTitle(currentTarget.value)}
      />
      <button type="submit">Add</button>
    </form>
  );
}

function titleOf({ name, person }: Device, isGuest: boolean): string {
  return isGuest ? `${person.name}’s ${name.toLowerCase()}` : name;
}
