import { type Device, type Notice, lostIn } from "../device.js";

interface Props {
  readonly notice: Notice;
  readonly device: Device;
}

/** What became of a field that two devices changed. */
export function NoticeCard({ notice, device }: Props) {
  const { conflict, id } = notice;
  const isMerged = conflict.winner === "auto-merged";
  const isDeletion = conflict.field === "_deleted";
  return (
    <article class={`notice ${isMerged ? "merged" : "conflict"}`}>
      <h3>
        {headlineOf(notice)} <span class="of">{notice.title}</span>
      </h3>
      {!isMerged && !isDeletion && (
        <dl>
          <dt>Stays</dt>
          <dd>{textOf(conflict.winnerValue)}</dd>
          <dt>Was also written</dt>
          <dd>{textOf(lostIn(conflict))}</dd>
        </dl>
      )}
      <p class="actions">
        {!isMerged && !isDeletion && (
          <button type="button" onClick={() => void device.takeOther(notice)}>
            Take the other
          </button>
        )}
        <button type="button" class="quiet" onClick={() => device.dismiss(id)}>
          {isMerged || isDeletion ? "Got it" : "Leave it"}
        </button>
      </p>
    </article>
  );
}

function headlineOf({ conflict: { field, winner, localValue } }: Notice): string {
  if (winner === "auto-merged") return `Both wrote in ${field}: every line stays.`;
  if (field !== "_deleted") return `Both changed ${field}: the later edit stays.`;
  const isDeletedHere = localValue === true;
  return isDeletedHere === (winner === "local")
    ? "Deleted while another device edited it: the deletion stays."
    : "Edited while another device deleted it: the edit stays.";
}

function textOf(value: unknown): string {
  if (value === null) return "(removed)";
  return typeof value === "string" ? value : JSON.stringify(value);
}
