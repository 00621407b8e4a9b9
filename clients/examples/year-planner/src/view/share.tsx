import type { Access, Found, Store } from "@syncline/client";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Planner } from "../planner.js";
import { share } from "../session.js";

interface Props {
  readonly store: Store;
  readonly planner: Found<Planner>;
  readonly onClose: () => void;
}

/** Lets somebody else see a planner. */
export function ShareDialog({ store, planner, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [userId, setUserId] = useState("");
  const [access, setAccess] = useState<Access | "none">("write");
  const [outcome, setOutcome] = useState("");
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      // The server must know the planner before anybody else can.
      await store.sync();
      await share(planner.key, userId.trim(), access);
      setOutcome(access === "none" ? "It is no longer shared with them." : "It is shared.");
    } catch (error) {
      setOutcome((error as Error).message);
    }
  };

  return (
    <dialog ref={dialog} aria-labelledby="share" onClose={onClose}>
      <h2 id="share">Share “{planner.doc.meta.name}”</h2>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          With the user
          <input required value={userId} onInput={(event) => setUserId(event.currentTarget.value)} />
        </label>
        <label>
          Who may
          <select value={access} onChange={(event) => setAccess(event.currentTarget.value as typeof access)}>
            <option value="write">read and edit</option>
            <option value="read">read</option>
            <option value="none">no longer see it</option>
          </select>
        </label>
        <button type="submit">Share</button>
      </form>
      <p role="status">{outcome}</p>
      <p>
        Others share with you as <code>{store.user}</code>.
      </p>
      <button type="button" class="primary" onClick={() => dialog.current?.close()}>
        Done
      </button>
    </dialog>
  );
}
