import { render } from "preact";

import "./style.css";
import { App } from "./view/app.js";

render(<App />, document.querySelector("#app")!);

// Without a worker the page needs the network to open; nothing else is different.
if ("serviceWorker" in navigator && import.meta.env.PROD) {
  navigator.serviceWorker.register(`${import.meta.env.BASE_URL}worker.js`).catch(() => undefined);
}
