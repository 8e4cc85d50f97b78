/**
 * Code that goes around an owner, hidden in the ways that people know. The gate stops each, or it is a known escape, with its name
 * and the reason: a new one fails. The healthy code has the best score there is, so what is stopped has none that is better
 * unnoticed; least of all when only the configuration was changed. Changes that mean nothing pass.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AuditReport, run } from "@throughline/audit";
import { afterAll, describe, expect, test } from "vitest";
import { type CodeBase, type Files, type Kind, kinds, type Mutant } from "./mutants/mutant.ts";
import { python } from "./mutants/python-mutants.ts";
import { typescript } from "./mutants/typescript-mutants.ts";

const today = "2026-11-23";
const folder = mkdtempSync(join(tmpdir(), "throughline-mutants-"));
afterAll(() => rmSync(folder, { recursive: true }));

const counts = new Map<Kind, { caught: number; total: number }>();

interface Verdict {
  readonly exitCode: number;
  readonly lower: number | null;
  readonly wrong: readonly string[];
}

/** The code in a folder of its own, its baseline written while it was healthy and honestly declared, then changed and gated. */
class Trial {
  readonly #base: CodeBase;
  #count = 0;

  constructor(base: CodeBase) {
    this.#base = base;
  }

  async of({
    files,
    config = {},
    responsibility = {},
  }: Pick<Mutant, "files" | "config" | "responsibility">): Promise<Verdict> {
    const { healthy, language, responsibility: declared } = this.#base;
    const root = join(folder, `${language}-${this.#count}`);
    this.#count += 1;
    const honest = { responsibilities: [declared] };
    write(root, { ...healthy, "audit.config.json": JSON.stringify(honest) });
    const [written] = await audited(root, "baseline");
    expect(written).toBe(0);
    const changed = { responsibilities: [{ ...declared, ...responsibility }], ...config };
    write(root, { ...files, "audit.config.json": JSON.stringify(changed) });
    const [exitCode] = await audited(root, "gate");
    const [, text] = await audited(root, "check", "--json");
    const report = JSON.parse(text) as AuditReport;
    const members = report.responsibilities.flatMap((each) => each.members);
    return {
      exitCode,
      lower: report.responsibilities[0]?.compliance.lower ?? null,
      wrong: members
        .filter(({ role, status }) => role === "production" && status === "dead_rival")
        .map(({ status, symbol }) => `${status} ${symbol}`),
    };
  }
}

function write(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

async function audited(root: string, ...words: readonly string[]): Promise<[number, string]> {
  const lines: string[] = [];
  const exitCode = await run([...words, "--root", root], (line) => lines.push(line), today);
  return [exitCode, lines.join("\n")];
}

/** Stopped by the gate, or named as a rival that nothing uses. */
const isCaught = ({ exitCode, wrong }: Verdict) => exitCode !== 0 || wrong.length > 0;

describe.each([typescript, python])("$language", (base) => {
  const trial = new Trial(base);

  test("the healthy code passes with the best score", async () => {
    expect(await trial.of({ files: {} })).toEqual({ exitCode: 0, lower: 1, wrong: [] });
  });

  test.each(Object.entries(base.harmless))("harmless: %s", async (_name, files) => {
    expect(await trial.of({ files })).toEqual({ exitCode: 0, lower: 1, wrong: [] });
  });

  test.each(kinds)("%s: every mutant is caught, but for known escapes", async (kind) => {
    const mutants = base.mutants.filter((mutant) => mutant.kind === kind);
    expect(mutants.length).toBeGreaterThanOrEqual(4);
    const escaped: string[] = [];
    for (const mutant of mutants) if (!isCaught(await trial.of(mutant))) escaped.push(`${kind}: ${mutant.name}`);
    const before = counts.get(kind) ?? { caught: 0, total: 0 };
    const { length } = mutants;
    counts.set(kind, { caught: before.caught + length - escaped.length, total: before.total + length });
    const known = Object.keys(base.escapes).filter((name) => name.startsWith(`${kind}: `));
    expect(escaped.sort()).toEqual(known.sort());
  });
});

test("at least 200 mutants, at least 95 % of them caught", () => {
  const all = [...typescript.mutants, ...python.mutants];
  expect(
    new Set(
      [typescript, python].flatMap(({ language, mutants }) =>
        mutants.map(({ kind, name }) => `${language} ${kind} ${name}`),
      ),
    ).size,
  ).toBe(all.length);
  const sum = { caught: 0, total: 0 };
  const lines = kinds.map((kind) => {
    const { caught, total } = counts.get(kind) ?? { caught: 0, total: 0 };
    sum.caught += caught;
    sum.total += total;
    return `${kind}: ${caught} of ${total}`;
  });
  console.info([...lines, `all: ${sum.caught} of ${sum.total} caught`].join("\n"));
  expect(sum.total).toBe(all.length);
  expect(sum.total).toBeGreaterThanOrEqual(200);
  expect(sum.caught / sum.total).toBeGreaterThanOrEqual(0.95);
});
