import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileFacts } from "../facts/file-facts.ts";
import { readFacts } from "../facts/read-facts.ts";
import { Program } from "./program.ts";

const names = ["a", "b", "c", "d", "e"] as const;

/** What a name means in a function with these assignments. */
function functionOf(lines: readonly (readonly [name: string, value: string])[]): (name: string) => unknown {
  const body = lines.map(([name, value]) => `    ${name} = ${value}\n`).join("");
  const text = `class Router: pass\ndef run():\n    pass\n${body}`;
  const program = new Program([readFacts("m.py", text) as FileFacts]);
  const run = program.membersOf({ path: "m.py", scope: 0 }).get("run") ?? 0;
  return (name) => program.evaluate("m.py", run, [name]);
}

const value = fc.constantFrom(...names, "Router");
const assignments = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 14 });

test("no name of a circle is without a meaning only because another one was asked for first", () => {
  fc.assert(
    fc.property(assignments, fc.shuffledSubarray([...names], { minLength: names.length }), (lines, order) => {
      const asked = functionOf(lines);
      const together = order.map((name) => [name, asked(name)]);
      expect(together).toEqual(order.map((name) => [name, functionOf(lines)(name)]));
    }),
    { numRuns: 2_000 },
  );
});

test("a circle means what one of it is given, and without that nothing", () => {
  const asked = functionOf([
    ["a", "b"],
    ["b", "c"],
    ["c", "a"],
    ["c", "Router"],
    ["d", "e"],
    ["e", "d"],
  ]);
  for (const name of ["b", "a", "c"]) expect([name, asked(name)]).toMatchObject([name, { kind: "scope", scope: 1 }]);
  expect(asked("d")).toEqual({ kind: "unresolved" });
  expect(asked("e")).toEqual({ kind: "unresolved" });
});
