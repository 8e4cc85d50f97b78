/** Code in a folder of its own, and the program as the command line has it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AuditReport, run } from "@throughline/audit";
import type { Files } from "./mutants/mutant.ts";

export interface Printed {
  readonly exitCode: number;
  readonly text: string;
}

const today = "2026-11-23";

export class GatedFolder implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "throughline-gated-"));

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }

  /** Writes these files over what is there. */
  write(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), text);
    }
  }

  remove(path: string): void {
    rmSync(join(this.root, path));
  }

  configure(config: object): void {
    this.write({ "audit.config.json": JSON.stringify(config) });
  }

  baseline(...words: readonly string[]): Promise<Printed> {
    return this.#run("baseline", "update", ...words);
  }

  gate(...words: readonly string[]): Promise<Printed> {
    return this.#run("gate", ...words);
  }

  async check(): Promise<AuditReport> {
    return JSON.parse((await this.#run("check", "--json")).text) as AuditReport;
  }

  async #run(...words: readonly string[]): Promise<Printed> {
    const lines: string[] = [];
    const exitCode = await run([...words, "--root", this.root], (line) => lines.push(line), today);
    return { exitCode, text: lines.join("\n") };
  }
}
