import { defineConfig } from "vite";

export default defineConfig({
  // The worker that keeps the page on the device, and the icon, are the playground's.
  publicDir: "../../playground/public",
  build: { target: "es2022", modulePreload: { polyfill: false } },
});
