import { defineConfig } from "vite";

/** The server that the page talks to while it is developed. */
const server = process.env.SYNCLINE_URL ?? "http://127.0.0.1:8080";
const routes = ["/account", "/auth", "/docIndex", "/share", "/todo"];

export default defineConfig({
  base: "/playground/",
  build: {
    outDir: "../../adapters/http/assets/playground",
    emptyOutDir: true,
    target: "es2022",
    // The page allows no scripts and styles but those of its own files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: Object.fromEntries(routes.map((route) => [route, server])) },
});
