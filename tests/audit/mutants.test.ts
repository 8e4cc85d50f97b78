/**
 * Code that goes around an owner, hidden in the ways that people know. The gate stops each, or it is a known escape, with its name
 * and the reason: a new one fails. The healthy code has the best score there is, so what is stopped has none that is better
 * unnoticed; least of all when only the configuration was changed. Changes that mean nothing pass.
 */
import { describe, expect, test } from "vitest";
import { GatedFolder } from "./gated-folder.ts";
import { type CodeBase, type Kind, kinds, type Mutant } from "./mutants/mutant.ts";
import { python } from "./mutants/python-mutants.ts";
import { typescript } from "./mutants/typescript-mutants.ts";

const counts = new Map<Kind, { caught: number; total: number }>();

interface Verdict {
  readonly exitCode: number;
  readonly lower: number | null;
  readonly wrong: readonly string[];
}

/** The code in a folder of its own, its baseline written while it was healthy and honestly declared, then changed and gated. */
async function tried(
  { healthy, responsibility: declared }: CodeBase,
  { files, config = {}, responsibility = {} }: Pick<Mutant, "files" | "config" | "responsibility">,
): Promise<Verdict> {
  using folder = new GatedFolder();
  folder.write(healthy);
  folder.configure({ responsibilities: [declared] });
  expect((await folder.baseline()).exitCode).toBe(0);
  folder.write(files);
  folder.configure({ responsibilities: [{ ...declared, ...responsibility }], ...config });
  const { exitCode } = await folder.gate();
  const { responsibilities } = await folder.check();
  return {
    exitCode,
    lower: responsibilities[0]?.compliance.lower ?? null,
    wrong: responsibilities
      .flatMap(({ members }) => members)
      .filter(({ role, status }) => role === "production" && status === "dead_rival")
      .map(({ status, symbol }) => `${status} ${symbol}`),
  };
}

/** Stopped by the gate, or named as a rival that nothing uses. */
const isCaught = ({ exitCode, wrong }: Verdict) => exitCode !== 0 || wrong.length > 0;

describe.each([typescript, python])("$language", (base) => {
  test("the healthy code passes with the best score", async () => {
    expect(await tried(base, { files: {} })).toEqual({ exitCode: 0, lower: 1, wrong: [] });
  });

  test.each(Object.entries(base.harmless))("harmless: %s", async (_name, files) => {
    expect(await tried(base, { files })).toEqual({ exitCode: 0, lower: 1, wrong: [] });
  });

  test.each(kinds)("%s: every mutant is caught, but for known escapes", async (kind) => {
    const mutants = base.mutants.filter((mutant) => mutant.kind === kind);
    expect(mutants.length).toBeGreaterThanOrEqual(4);
    const escaped: string[] = [];
    for (const mutant of mutants) if (!isCaught(await tried(base, mutant))) escaped.push(`${kind}: ${mutant.name}`);
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
