import type { Status } from "@syncline/client";

/** How synchronising goes, in a sentence. */
export function StatusLine({ status, isUnsent }: { readonly status: Status; readonly isUnsent: boolean }) {
  return <p role="status">{isUnsent ? "Kept on this device, not yet on the server." : sentenceOf(status)}</p>;
}

function sentenceOf({ error }: Status): string {
  if (!error) return "Up to date.";
  return error.code === "refused" ? error.message : "The server was not reached.";
}
