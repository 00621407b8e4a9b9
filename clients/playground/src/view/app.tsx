import { useEffect, useState } from "preact/hooks";

import { useObservable } from "../hooks.js";
import type { Playground } from "../playground.js";
import { sentenceOf } from "../server.js";
import { DevicePanel } from "./device.js";
import { Export } from "./export.js";
import { Header } from "./header.js";
import { Search } from "./search.js";
import { SignIn } from "./sign-in.js";
import { Tour } from "./tour.js";

interface Props {
  readonly playground: Playground;
}

/** The whole page. */
export function App({ playground }: Props) {
  useObservable(playground);
  const [hasBegun, setHasBegun] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [showsClocks, setShowsClocks] = useState(false);
  useEffect(() => {
    playground
      .begin()
      .catch((error: unknown) => setProblem(sentenceOf(error)))
      .finally(() => setHasBegun(true));
  }, [playground]);

  return (
    <>
      <Header playground={playground} showsClocks={showsClocks} onShowClocks={setShowsClocks} />
      <main>
        <section class="hero">
          <h1>
            Two devices. One list. <span class="accent">Any network.</span>
          </h1>
          <p>
            Syncline keeps documents on the device, and reconciles the copies whenever there is a network.
            Here are two devices, each with a store of its own. Take them offline and see what happens.
          </p>
        </section>
        {problem !== undefined && (
          <p class="banner" role="alert">
            {problem}
          </p>
        )}
        {playground.person ? (
          <Devices playground={playground} showsClocks={showsClocks} />
        ) : (
          hasBegun && <SignIn playground={playground} />
        )}
      </main>
      <footer>
        <a href="/docs">API</a>
        <a href="/openapi.json">OpenAPI</a>
        <span>Everything on this page is made with @syncline/client.</span>
      </footer>
      <p class="visually-hidden" role="status" aria-live="polite">
        {playground.announcement}
      </p>
    </>
  );
}

function Devices({ playground, showsClocks }: Props & { readonly showsClocks: boolean }) {
  return (
    <>
      <Tour playground={playground} />
      <div class="devices" data-count={playground.devices.length}>
        {playground.devices.map((device) => (
          <DevicePanel key={device.id} device={device} playground={playground} showsClocks={showsClocks} />
        ))}
      </div>
      <div class="tools">
        <Search device={playground.phone} playground={playground} />
        <Export device={playground.phone} />
      </div>
    </>
  );
}
