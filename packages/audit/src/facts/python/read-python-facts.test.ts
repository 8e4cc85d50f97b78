import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { readPythonFacts } from "./read-python-facts.ts";
import { outlineOfFacts, SyntaxTreeReader } from "./syntax-tree-suite.ts";

/** The standard library of the machine's Python: a large tree by many hands. */
function standardLibrary(): string | undefined {
  try {
    const words = ["-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"];
    const folder = execFileSync("python3", words, { encoding: "utf8" }).trim();
    return existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

const folder = standardLibrary();
const every = Number(process.env.THROUGHLINE_AUDIT_EVERY ?? 3);

function pythonFiles(): readonly string[] {
  if (folder === undefined) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".py") && !/site-packages|lib2to3\/tests\/data|test\/(bad|encoded)/.test(path))
    .sort()
    .filter((_path, index) => index % every === 0);
}

describe.skipIf(folder === undefined)("against a syntax tree, over the standard library of Python", () => {
  let reader: SyntaxTreeReader;
  beforeAll(async () => {
    reader = await SyntaxTreeReader.create();
  });

  test("definitions, imports and calls are the same in every file that the other parser can read", {
    timeout: 120_000,
  }, () => {
    const differences: string[] = [];
    let compared = 0;
    for (const path of pythonFiles()) {
      const text = readFileSync(join(folder as string, path), "utf8");
      const expected = reader.outlineOf(text);
      if (expected === undefined) continue;
      compared += 1;
      const facts = readPythonFacts(path, text);
      if (facts.error !== undefined) differences.push(`${path}: ${facts.error.message} at ${facts.error.line}`);
      else if (JSON.stringify(outlineOfFacts(facts)) !== JSON.stringify(expected)) differences.push(path);
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(100);
  });
});

test("no text makes it throw or hang", { timeout: 60_000 }, () => {
  const words = [
    "def ",
    "class ",
    "f(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    "\n",
    "\n    ",
    '"',
    "'",
    '"""',
    "f'{",
    "}'",
    "\\\n",
    "#",
    "import ",
    "from . ",
    "lambda x: ",
    "@",
    "async ",
    "if ",
    "else",
    "try:",
    "except",
    "x",
    ".y",
    " = ",
    "==",
    "match ",
    "case ",
    "\t",
    "\u00e9",
    "\ud83d",
  ];
  const text = fc.oneof(
    fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(text, (source) => {
      const facts = readPythonFacts("a.py", source);
      expect(facts.scopes[0]?.kind).toBe("module");
      for (const { parent } of facts.scopes.slice(1)) expect(facts.scopes[parent]).toBeDefined();
    }),
    { numRuns: 5_000 },
  );
});
