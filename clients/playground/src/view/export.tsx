import { useState } from "preact/hooks";

import type { Device } from "../device.js";
import { APPLICATION, COLLECTION, sentenceOf } from "../server.js";

const FORMATS = [
  { name: "JSON", query: "", file: "syncline.json", text: "everything, to be imported again" },
  { name: "Lines", query: "?format=ndjson", file: "syncline.ndjson", text: "one document per line" },
  {
    name: "CSV",
    query: `?format=csv&application=${APPLICATION}&collection=${COLLECTION}`,
    file: "tasks.csv",
    text: "the tasks as a table",
  },
] as const;

/** Takes everything out, as files. */
export function Export({ device }: { readonly device: Device }) {
  const [problem, setProblem] = useState<string>();
  const save = async ({ query, file }: (typeof FORMATS)[number]) => {
    try {
      const response = await device.send(`/account/export${query}`);
      download(await response.blob(), file);
      setProblem(undefined);
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <section class="tool" aria-labelledby="export">
      <h2 id="export">Export</h2>
      <p>All documents, as of one moment.</p>
      <ul class="formats">
        {FORMATS.map((format) => (
          <li key={format.name}>
            <button type="button" aria-label={`Export as ${format.name}`} onClick={() => void save(format)}>
              {format.name}
            </button>
            <span>{format.text}</span>
          </li>
        ))}
      </ul>
      {problem !== undefined && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

function download(blob: Blob, file: string): void {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: url, download: file }).click();
  URL.revokeObjectURL(url);
}
