import { useState } from "preact/hooks";

import type { Device } from "../device.js";
import type { Playground } from "../playground.js";
import { APPLICATION, COLLECTION, sentenceOf } from "../server.js";

interface Result {
  readonly _key: string;
  readonly _owner?: string;
  readonly _highlight?: Readonly<Record<string, string>>;
  readonly title: string;
}

interface Props {
  readonly device: Device;
  readonly playground: Playground;
}

/** Asks the server for tasks by their words. */
export function Search({ device, playground }: Props) {
  const [text, setText] = useState("");
  const [results, setResults] = useState<readonly Result[]>();
  const [problem, setProblem] = useState<string>();
  const search = async (event: Event) => {
    event.preventDefault();
    const body = { collection: COLLECTION, text, limit: 10 };
    try {
      const found = await device.call<{ results: Result[] }>(`/${APPLICATION}/search`, {
        method: "POST",
        body,
      });
      setResults(found.results);
      setProblem(undefined);
      playground.announce(`${found.results.length} found`);
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <section class="tool" aria-labelledby="search">
      <h2 id="search">Search</h2>
      <p>Whole words, “phrases”, and -words to leave out. The server looks in titles and notes.</p>
      <form class="add" role="search" onSubmit={(event) => void search(event)}>
        <label class="visually-hidden" for="query">
          Search in tasks
        </label>
        <input
          id="query"
          type="search"
          required
          value={text}
          placeholder="lake -stove"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="submit">Search</button>
      </form>
      {problem !== undefined && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
      {results?.length === 0 && <p class="empty">Nothing found.</p>}
      <ul class="results">
        {results?.map((result) => (
          <li key={`${result._owner ?? ""} ${result._key}`}>
            <strong>{result.title}</strong>
            {result._owner !== undefined && <small> {playground.nameOf(result._owner)}’s</small>}
            {Object.entries(result._highlight ?? {}).map(([field, snippet]) => (
              <p key={field}>
                <small>{field}</small> <Highlight snippet={snippet} />
              </p>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A text with marked words, which the server writes as HTML in which all else is escaped. */
function Highlight({ snippet }: { readonly snippet: string }) {
  const { body } = new DOMParser().parseFromString(snippet, "text/html");
  return (
    <>
      {[...body.childNodes].map((node) =>
        node.nodeName === "MARK" ? <mark>{node.textContent}</mark> : node.textContent,
      )}
    </>
  );
}
