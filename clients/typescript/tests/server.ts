import { spawn, spawnSync, type ChildProcess } from "node:child_process";
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

const binary = process.env["SYNCLINE_BIN"] ?? join(repository(), "target/debug/syncline");

/** The sample configuration, which knows the applications of the playground and of the examples. */
export const SAMPLE = join(repository(), "config/syncline.toml");

/** The real server, with a PostgreSQL of its own in a temporary folder. */
export class TestServer {
  #process: ChildProcess | undefined;
  #url = "";
  readonly #configuration: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "syncline-test-"));

  private constructor(configuration: string | undefined) {
    // PostgreSQL, which never runs as root, must get through to its data.
    chmodSync(this.#folder, 0o711);
    this.#configuration = configuration ?? join(this.#folder, "syncline.toml");
    if (configuration === undefined) writeFileSync(this.#configuration, CONFIGURATION);
  }

  /** Starts a server with the applications of the tests, or with those of the file `configuration`. */
  static async start(configuration?: string): Promise<TestServer> {
    const server = new TestServer(configuration);
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

  /** A dump of its database, as an operator makes one. */
  dump(): string {
    return this.#postgres("pg_dump", ["--clean", "--if-exists"]);
  }

  /** Puts the database back to what it was at the time of a dump. */
  restore(dump: string): void {
    this.#postgres("psql", ["--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"], dump);
  }

  /** Runs a program of PostgreSQL on the server's database. */
  #postgres(program: string, options: readonly string[], input = ""): string {
    const place = [`--host=${join(this.#folder, "data/run")}`, "--username=syncline", "--dbname=syncline"];
    const { status, stdout, stderr } = spawnSync(program, [...place, ...options], {
      input,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
    return stdout;
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
      SYNCLINE_CONFIG: this.#configuration,
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

/** The root of the repository, wherever the tests were compiled to. */
function repository(): string {
  let folder = fileURLToPath(new URL(".", import.meta.url));
  while (!existsSync(join(folder, "Cargo.lock"))) folder = join(folder, "..");
  return folder;
}
