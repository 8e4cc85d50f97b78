import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileFacts } from "../facts/file-facts.ts";
import { readFacts } from "../facts/read-facts.ts";
import { Modules } from "./modules.ts";

const part = fc.constantFrom("a", "b", "c");
const parts = (minLength: number) => fc.array(part, { minLength, maxLength: 3 });
const path = fc
  .tuple(parts(0), fc.constantFrom("a.py", "b.py", "c.py", "__init__.py", "a.pyi"))
  .map(([folders, name]) => [...folders, name].join("/"));
const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 12 }).map((all) => all.toSorted());
const specifier = fc
  .tuple(fc.constantFrom("", "", ".", "..", "..."), parts(0))
  .map(([dots, rest]) => dots + rest.join("."));

const factsOf = (all: readonly string[]) => all.map((one) => readFacts(one, "") as FileFacts);
const dotted = (one: string) => one.replace(/(\/__init__)?\.pyi?$/, "").replaceAll("/", ".");

/** As Python would say it: beside the file, or whatever has the name from a root, of which every folder that is no package may be one. */
function naive(all: readonly string[], from: string, wanted: string): string | undefined {
  const dots = /^\.*/.exec(wanted)?.[0].length ?? 0;
  if (dots > 0) {
    const rest = wanted.slice(dots);
    const base = [...from.split("/").slice(0, -dots), ...(rest === "" ? [] : rest.split("."))].join("/");
    return [`${base}.py`, `${base}/__init__.py`, `${base}.pyi`].find((one) => all.includes(one));
  }
  const deeper = all.filter((one) => dotted(one) !== "__init__" && dotted(one).endsWith(`.${wanted}`));
  const isBelowRoot = (one: string) => {
    const root = dotted(one)
      .slice(0, -wanted.length - 1)
      .replaceAll(".", "/");
    return !all.includes(`${root}/__init__.py`);
  };
  const exact = all.findLast((one) => dotted(one) === wanted);
  return exact ?? deeper.find(isBelowRoot) ?? (wanted.includes(".") ? deeper[0] : undefined);
}

test("imports of Python, from any file and of any name", () => {
  fc.assert(
    fc.property(paths, fc.array(specifier, { minLength: 1 }), fc.nat(), (all, specifiers, seed) => {
      const facts = factsOf(all);
      const from = facts[seed % facts.length] as FileFacts;
      const modules = new Modules(facts, { packages: {}, paths: [] });
      // Twice, because what was found is kept.
      for (const wanted of [...specifiers, ...specifiers]) {
        if (wanted !== "")
          expect([wanted, modules.resolve(from, wanted)]).toEqual([wanted, naive(all, from.path, wanted)]);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a module in a package is what its longer name means", () => {
  fc.assert(
    fc.property(paths, specifier, part, fc.nat(), (all, wanted, name, seed) => {
      fc.pre(wanted !== "");
      const facts = factsOf(all);
      const from = facts[seed % facts.length] as FileFacts;
      const modules = new Modules(facts, { packages: {}, paths: [] });
      const longer = wanted.endsWith(".") ? `${wanted}${name}` : `${wanted}.${name}`;
      expect(modules.moduleIn(from, wanted, name)).toBe(naive(all, from.path, longer));
    }),
    { numRuns: 1_000 },
  );
});

test("a module of a package hides no module of the language or of others that is called alike", () => {
  const facts = factsOf([
    "app/__init__.py",
    "app/backends/__init__.py",
    "app/backends/redis.py",
    "app/os/__init__.py",
    "app/os/path.py",
    "app/time.py",
    "app/worker/__init__.py",
    "app/worker/tasks.py",
    "tools/local.py",
  ]);
  const modules = new Modules(facts, { packages: {}, paths: [] });
  const [from] = facts as [FileFacts];
  const found = ["time", "redis", "os.path", "app.time", "worker.tasks", "local"].map((name) =>
    modules.resolve(from, name),
  );
  expect(found).toEqual([undefined, undefined, undefined, "app/time.py", "app/worker/tasks.py", "tools/local.py"]);
});

test("the root may be a package itself, whose files import each other by its name", () => {
  const facts = factsOf(["__init__.py", "core/__init__.py", "core/send.py"]);
  const modules = new Modules(facts, { packages: {}, paths: [], pythonPackage: "mine" });
  const [from] = facts as [FileFacts];
  expect(modules.resolve(from, "mine.core.send")).toBe("core/send.py");
  expect(modules.moduleIn(from, "mine.core", "send")).toBe("core/send.py");
  expect(modules.moduleIn(from, "mine", "core")).toBe("core/__init__.py");
  expect(modules.moduleIn(from, "other", "core")).toBeUndefined();
});

test("TypeScript and Python in one folder do not take each other's answers", () => {
  const facts = [
    ...factsOf(["a/__init__.py", "a/b/__init__.py"]),
    ...factsOf(["a/index.ts", "a/b/use.ts", "a/b/use.py"]),
  ];
  const modules = new Modules(facts, { packages: {}, paths: [] });
  const [python, typescript] = [
    facts.find(({ path: one }) => one === "a/b/use.py"),
    facts.find(({ path: one }) => one === "a/b/use.ts"),
  ];
  expect(modules.resolve(typescript as FileFacts, "..")).toBe("a/index.ts");
  expect(modules.resolve(python as FileFacts, "..")).toBe("a/__init__.py");
});
