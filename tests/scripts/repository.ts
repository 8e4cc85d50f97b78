/**
 * A small repository with the project's own scripts and a program that only says what happens to it, in a folder whose
 * name has a space. Installing, compiling and testing in it are real; it depends on nothing that npm would have to fetch.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { RunningProgram } from "../support/running-program.ts";

const project = join(import.meta.dirname, "../..");
const { scripts, throughline } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
/** What the scripts call; linked in, because this repository has nothing installed. */
const tools = ["typescript", "vite", "vitest"];

/** Says what it was called with and which signals it gets; ends with 7 on SIGTERM, with 8 on SIGINT. */
const program = `
process.on("SIGTERM", () => { console.log("SIGTERM"); process.exit(7); });
process.on("SIGINT", () => { console.log("SIGINT"); process.exit(8); });
console.log(JSON.stringify({ args: process.argv.slice(2), node: process.execPath, cwd: process.cwd() }));
if (process.argv.includes("--port")) setInterval(() => undefined, 1_000);
`;

/** What every script begins with. */
export const installScript = ["node", "-e", "import('./scripts/prepare.mjs').then((m) => m.prepare())"] as const;

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Repository implements AsyncDisposable {
  readonly folder: string;
  readonly #parent = mkdtempSync(join(tmpdir(), "throughline-repository-"));
  readonly #started: RunningProgram[] = [];

  constructor() {
    this.folder = join(this.#parent, "a repository");
    cpSync(join(project, "scripts"), join(this.folder, "scripts"), { recursive: true });
    this.writeJson("package.json", { name: "small", private: true, type: "module", scripts, throughline });
    this.writeLock({});
    this.writeJson("tsconfig.base.json", {});
    const compiled = ["protocol", "server", "client", "cli"];
    this.writeJson("tsconfig.json", { files: [], references: compiled.map((name) => ({ path: `packages/${name}` })) });
    for (const name of compiled) {
      const compilerOptions = { composite: true, rootDir: "src", outDir: "dist", skipLibCheck: true, types: [] };
      this.writeJson(`packages/${name}/tsconfig.json`, { compilerOptions, include: ["src"] });
      this.writeJson(`packages/${name}/package.json`, { name, type: "module", engines: { node: ">=20" } });
      this.write(`packages/${name}/src/index.ts`, "export {};\n");
    }
    this.write("packages/cli/src/main.ts", `// @ts-nocheck${program}`);
    this.write("packages/web/index.html", "<!doctype html><title>page</title>");
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  writeJson(path: string, value: unknown): void {
    this.write(path, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** A lock file, and the same in package.json, of these dependencies. */
  writeLock(dependencies: Readonly<Record<string, string>>): void {
    const manifest = JSON.parse(readFileSync(join(this.folder, "package.json"), "utf8"));
    this.writeJson("package.json", { ...manifest, dependencies });
    const entries = Object.entries(dependencies).map(([name, version]) => [`node_modules/${name}`, { version }]);
    const packages = { "": { name: "small", dependencies }, ...Object.fromEntries(entries) };
    this.writeJson("package-lock.json", { name: "small", lockfileVersion: 3, requires: true, packages });
  }

  /** Has the scripts install, which is real but finds nothing to fetch, and adds the tools. */
  async install(): Promise<void> {
    const { code, stderr } = await this.run(...installScript);
    if (code !== 0) throw new Error(`unable to install; ${stderr}`);
    for (const name of tools) {
      symlinkSync(join(project, "node_modules", name), join(this.folder, "node_modules", name));
    }
  }

  remove(path: string): void {
    rmSync(join(this.folder, path), { recursive: true });
  }

  /** Starts a program in the repository. */
  start(...command: readonly [string, ...string[]]): RunningProgram {
    const program = new RunningProgram(command, { cwd: this.folder, env: this.env });
    this.#started.push(program);
    return program;
  }

  /** Runs a program in the repository to its end. */
  async run(...command: readonly [string, ...string[]]): Promise<Result> {
    const program = this.start(...command);
    const { code } = await program.ended;
    return { code, stdout: program.stdout, stderr: program.stderr };
  }

  /** Nothing of the run of tests that this is a part of; npm finds no registry. */
  readonly env: Record<string, string> = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}`,
    HOME: process.env.HOME ?? "",
    npm_config_registry: "http://127.0.0.1:9/",
    npm_config_fetch_retries: "0",
    npm_config_cache: join(this.#parent, "npm cache"),
  };

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#started) await program[Symbol.asyncDispose]();
    rmSync(this.#parent, { recursive: true, force: true });
  }
}
