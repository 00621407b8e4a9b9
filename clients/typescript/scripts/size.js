// Reports how large the client is in a bundle, and fails if its core exceeds its bound.
import { build } from "esbuild";
import { gzipSync } from "node:zlib";

const CORE_BOUND = 8 * 1000;

const bundles = [
  ["core", "export { HLC, SyncClient } from './src/index.ts'", CORE_BOUND],
  ["all of it", "export * from './src/index.ts'", Infinity],
];

for (const [name, contents, bound] of bundles) {
  const size = await compressedSize(contents);
  console.log(`${name}: ${size} bytes compressed`);
  if (size > bound) {
    console.error(
      `error: the bundle of the ${name} is larger than ${bound} bytes compressed: take out what it needs least`,
    );
    process.exitCode = 1;
  }
}

async function compressedSize(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: new URL("..", import.meta.url).pathname },
    bundle: true,
    format: "esm",
    minify: true,
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}
