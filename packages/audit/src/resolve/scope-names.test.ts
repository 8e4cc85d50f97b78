import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { listFiles } from "../files/list-files.ts";
import { readAllFacts } from "../files/read-all-facts.ts";
import { ScopeNames } from "./scope-names.ts";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));

/** By looking at everything, one after the other. */
function naive({ scopes, bindings, imports }: PackedFacts) {
  const key = (scope: number, name: string) => `${scope} ${name}`;
  const children = new Map<string, number>();
  scopes.forEach(({ parent, name }, index) => {
    const before = children.get(key(parent, name));
    if (index > 0 && (before === undefined || scopes[before]?.isEmpty === true)) children.set(key(parent, name), index);
  });
  const bound = Map.groupBy(bindings.keys(), (at) => key(bindings[at]?.scope ?? -1, bindings[at]?.name ?? ""));
  const imported = new Map<string, number>();
  imports.forEach(({ scope, local }, at) => {
    if (local !== undefined && !imported.has(key(scope, local))) imported.set(key(scope, local), at);
  });
  return {
    child: (scope: number, name: string) => children.get(key(scope, name)),
    bindings: (scope: number, name: string) => bound.get(key(scope, name)) ?? [],
    import: (scope: number, name: string) => imported.get(key(scope, name)),
  };
}

test("every name of every scope of the audit and of its Python fixtures", async () => {
  const { files } = await listFiles(repository, { include: ["packages/audit/src", "tests/audit"] });
  const { facts } = await readAllFacts(repository, files);
  let [found, asked] = [0, 0];
  for (const file of facts as readonly PackedFacts[]) {
    const names = new ScopeNames(file);
    const expected = naive(file);
    for (let scope = 0; scope < file.scopeCount; scope++) {
      for (const id of file.nameIds) {
        const name = file.names.nameOf(id);
        const bindings: number[] = [];
        const place = names.find(scope, id);
        const of = (found: number) => (found < 0 ? undefined : found);
        if (place >= 0) for (let at = names.binding(place); at >= 0; at = names.nextBinding(at)) bindings.push(at);
        const [child, imported] = place < 0 ? [] : [of(names.child(place)), of(names.import(place))];
        asked += 1;
        if (child !== undefined || bindings.length > 0) found += 1;
        const known = { child, bindings, import: imported };
        const wanted = {
          child: expected.child(scope, name),
          bindings: expected.bindings(scope, name),
          import: expected.import(scope, name),
        };
        if (JSON.stringify(known) !== JSON.stringify(wanted))
          expect({ path: file.path, scope, name, ...known }).toEqual(wanted);
      }
    }
  }
  expect(facts.some(({ language }) => language === "python")).toBe(true);
  expect(found).toBeGreaterThan(1_000);
  expect(asked).toBeGreaterThan(100_000);
});
