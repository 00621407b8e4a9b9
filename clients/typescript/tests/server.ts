import { spawn, type ChildProcess } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SECRET = "a secret of the tests, long enough to sign with";

const CONFIGURATION = `
[applications.todo.collections.tasks.schema]
type = "object"
properties.title = { type = "string" }
[applications.notes]
[limits]
documentBytes = 2000
bodyBytes = 200000
`;

const binary =
  process.env["SYNCLINE_BIN"] ?? fileURLToPath(new URL("../../../../target/debug/syncline", import.meta.url));

/** The real server, with a PostgreSQL of its own in a temporary folder. */
export class TestServer {
  #process: ChildProcess | undefined;
  #url = "";
  readonly #folder = mkdtempSync(join(tmpdir(), "syncline-test-"));

  static async start(): Promise<TestServer> {
    const server = new TestServer();
    // PostgreSQL, which never runs as root, must get through to its data.
    chmodSync(server.#folder, 0o711);
    writeFileSync(join(server.#folder, "syncline.toml"), CONFIGURATION);
    await server.#spawn("127.0.0.1:0");
    return server;
  }

  get url(): string {
    return this.#url;
  }

  /** A session of `user`. */
  token(user: string): string {
    const now = Math.floor(Date.now() / 1000);
    const text = [
      { typ: "JWT", alg: "HS256" },
      { sub: user, iat: now, iat_session: now },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
  }

  /** Ends the server; its data stay. */
  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running) return;
    running.kill("SIGTERM");
    await once(running, "exit");
  }

  /** Starts it again at the same address. */
  async restart(): Promise<void> {
    await this.stop();
    await this.#spawn(new URL(this.#url).host);
  }

  /** Ends the server and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #spawn(listen: string): Promise<void> {
    if (!existsSync(binary)) {
      throw new Error(
        `${binary} is missing: run \`cargo build --bin syncline\`, or set SYNCLINE_BIN to a built one`,
      );
    }
    const env = {
      PATH: process.env["PATH"],
      SYNCLINE_LISTEN: listen,
      SYNCLINE_DATA_DIR: join(this.#folder, "data"),
      SYNCLINE_CONFIG: join(this.#folder, "syncline.toml"),
      SYNCLINE_JWT_SECRET: SECRET,
    };
    this.#process = spawn(binary, ["serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    this.#process.stderr!.on("data", (data: Buffer) => (output += data.toString()));
    for await (const line of createInterface(this.#process.stdout!)) {
      const [, url] = /^Syncline listens on (\S+)/.exec(line) ?? [];
      output += `${line}\n`;
      if (url === undefined) continue;
      this.#url = url;
      this.#process.stdout!.resume();
      return;
    }
    throw new Error(`${binary} did not start:\n${output}`);
  }
}
