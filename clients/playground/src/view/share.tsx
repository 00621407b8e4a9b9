import type { Access, Found } from "@syncline/client";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Device, Task } from "../device.js";
import { FRIEND, type Playground } from "../playground.js";
import { sentenceOf } from "../server.js";
import { type Entry, makeLink, revokeLink, share, sharesOf, unshare } from "../sharing.js";

interface Props {
  readonly found: Found<Task>;
  readonly device: Device;
  readonly playground: Playground;
  readonly onClose: () => void;
}

/** Who sees a task, and who else should. */
export function ShareDialog({ found, device, playground, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [entry, setEntry] = useState<Entry>();
  const [link, setLink] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const { key } = found;
  const attempt = (work: () => Promise<unknown>) => {
    setProblem(undefined);
    work().catch((error: unknown) => setProblem(sentenceOf(error)));
  };
  useEffect(() => {
    dialog.current?.showModal();
    attempt(async () => setEntry(await sharesOf(device, key)));
  }, []);

  const shareWith = async (who: string, access: Access) => {
    const userId = device.person.isDevelopment ? (await playground.invite(who)).person.userId : who;
    setEntry(await share(device, key, userId, access));
    playground.announce(`${found.doc.title} is shared with ${who}`);
  };

  return (
    <dialog ref={dialog} aria-labelledby="sharing" onClose={onClose}>
      <h2 id="sharing">Share “{found.doc.title}”</h2>
      {problem !== undefined && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
      <ul class="people">
        {entry?.sharedWith.map(({ userId, access }) => (
          <li key={userId}>
            <span>
              {playground.nameOf(userId)} {access === "write" ? "reads and edits" : "reads"}
            </span>
            <button
              type="button"
              class="quiet"
              onClick={() => attempt(async () => setEntry(await unshare(device, key, userId)))}
            >
              Stop
            </button>
          </li>
        ))}
      </ul>
      <ShareForm
        isDevelopment={device.person.isDevelopment}
        onShare={(who, access) => attempt(() => shareWith(who, access))}
      />
      <div class="link">
        {link === undefined ? (
          <button type="button" onClick={() => attempt(async () => setLink(await makeLink(device, key)))}>
            Make a link
          </button>
        ) : (
          <p>
            Whoever has this link can read the task. It is shown only now: <a href={link}>{link}</a>
          </p>
        )}
        {(link !== undefined || entry?.shareToken === "set") && (
          <button
            type="button"
            class="quiet"
            onClick={() =>
              attempt(async () => {
                await revokeLink(device, key);
                setLink(undefined);
                setEntry(await sharesOf(device, key));
              })
            }
          >
            Revoke the link
          </button>
        )}
      </div>
      <p class="actions">
        {!device.person.isDevelopment && <small>Your user id: {device.person.userId}</small>}
        <span class="space" />
        <button type="button" class="primary" onClick={() => dialog.current?.close()}>
          Done
        </button>
      </p>
    </dialog>
  );
}

interface FormProps {
  readonly isDevelopment: boolean;
  readonly onShare: (who: string, access: Access) => void;
}

function ShareForm({ isDevelopment, onShare }: FormProps) {
  const [who, setWho] = useState(isDevelopment ? FRIEND : "");
  const [access, setAccess] = useState<Access>("write");
  const submit = (event: Event) => {
    event.preventDefault();
    onShare(who.trim(), access);
  };
  return (
    <form class="share-form" onSubmit={submit}>
      <label>
        {isDevelopment ? "Name" : "User id"}
        <input
          value={who}
          required
          autocomplete="off"
          onInput={({ currentTarget }) => setWho(currentTarget.value)}
        />
      </label>
      <label>
        May
        <select value={access} onChange={({ currentTarget }) => setAccess(currentTarget.value as Access)}>
          <option value="write">read and edit</option>
          <option value="read">read</option>
        </select>
      </label>
      <button type="submit">Share</button>
    </form>
  );
}
