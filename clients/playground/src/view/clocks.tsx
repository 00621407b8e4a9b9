import { type Clocks as ClocksOfDevice, HLC } from "@syncline/client";

/** The clocks of a device: its own, and the server's, which is the cursor of what it has seen. */
export function Clocks({
  clocks: { node, clock, serverClock, lastSync },
}: {
  readonly clocks: ClocksOfDevice;
}) {
  return (
    <dl class="clocks">
      <dt>Device</dt>
      <dd>{node}</dd>
      <dt>Its clock</dt>
      <dd>{written(clock)}</dd>
      <dt>Server’s cursor</dt>
      <dd title={serverClock}>
        {serverClock === undefined ? "nothing seen yet" : writtenCursor(serverClock)}
      </dd>
      <dt>Last sync</dt>
      <dd>{lastSync === undefined ? "never" : timeOf(lastSync)}</dd>
    </dl>
  );
}

/** A clock as its time and its count within the millisecond. */
export function written(clock: string): string {
  const { millis, sequence } = HLC.decode(clock);
  return millis === 0 ? "not set" : `${timeOf(millis)} #${sequence}`;
}

function writtenCursor(clock: string): string {
  const { node } = HLC.decode(clock);
  return `${written(clock)} ${node.length > 24 ? `${node.slice(0, 24)}…` : node}`;
}

function timeOf(millis: number): string {
  const time = new Date(millis);
  return `${time.toLocaleTimeString("en-GB")}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}
