import { type Found, HLC } from "@syncline/client";
import { useEffect, useState } from "preact/hooks";

import type { Device, Task } from "../device.js";
import type { Playground } from "../playground.js";
import { written } from "./clocks.js";

interface Props {
  readonly found: Found<Task>;
  readonly device: Device;
  readonly playground: Playground;
}

/** When each field was written last, and on which device. */
export function Revisions({ found, device, playground }: Props) {
  const [revisions, setRevisions] = useState<Readonly<Record<string, string>>>({});
  useEffect(() => {
    void device.revisions(found).then(setRevisions);
  }, [found, device.clocks]);
  return (
    <table class="revisions">
      <caption>Revisions</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Written</th>
          <th scope="col">By</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(revisions).map(([field, revision]) => (
          <tr key={field}>
            <th scope="row">{field}</th>
            <td>{written(revision)}</td>
            <td>{playground.writerOf(HLC.decode(revision).node, device)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
