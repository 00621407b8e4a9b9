import type { Device } from "../device.js";
import { APPLICATION } from "../server.js";

/** How the device's synchronisation is doing, in a few words. */
export function StatusLine({ device }: { readonly device: Device }) {
  const [tone, text] = statusOf(device);
  return (
    <p class={`status ${tone}`}>
      <span class="dot" aria-hidden="true" />
      {text}
    </p>
  );
}

type Tone = "calm" | "busy" | "waits" | "bad";

function statusOf({ isOnline, unsent, status }: Device): [Tone, string] {
  const waiting = unsent === 0 ? "" : `${unsent} ${unsent === 1 ? "change waits" : "changes wait"}`;
  if (!isOnline) return ["waits", waiting ? `Offline, ${waiting}` : "Offline, nothing waits"];
  if (status.error?.code === "unauthorized") return ["bad", "The session has ended: reload to sign in"];
  if (status.error && status.error.code !== "refused") {
    return ["waits", `Server not reached${waiting && `, ${waiting}`}`];
  }
  if (status.error) return ["bad", "The server refuses to synchronise"];
  return unsent === 0 ? ["calm", "Up to date"] : ["busy", waiting];
}

/** What somebody has to do something about; nothing most of the time. */
export function problemOf({ status: { error }, problem }: Device): string | undefined {
  if (error?.code !== "refused") return problem;
  return error.status === 404
    ? `This server has no application \`${APPLICATION}\`. Start it with the sample configuration: syncline serve --config config/syncline.toml`
    : error.message;
}
