import { render } from "preact";

import "./style/tokens.css";
import "./style/page.css";
import "./style/device.css";
import "./style/parts.css";
import { Playground } from "./playground.js";
import { App } from "./view/app.js";

const playground = new Playground();
render(<App playground={playground} />, document.querySelector("#app")!);

// Without a worker the page needs the network to open; nothing else is different.
if ("serviceWorker" in navigator && import.meta.env.PROD) {
  navigator.serviceWorker.register("/playground/worker.js", { scope: "/" }).catch(() => undefined);
}
