import { join } from "node:path";
import { expect, test } from "vitest";
import { checkLockFile } from "../../scripts/check-lock-file.mjs";
import { Tree } from "./tree.ts";

function findings(packages: Readonly<Record<string, object>>): readonly string[] {
  using tree = new Tree({ "package-lock.json": JSON.stringify({ packages }) });
  return checkLockFile(tree.folder);
}

test("the lock file of this repository", () => {
  expect(checkLockFile(join(import.meta.dirname, "../.."))).toEqual([]);
});

test("an optional package has to have an entry, at the top or below the one that wants it", () => {
  const wants = (path: string) => ({ [path]: { version: "1.0.0", optionalDependencies: { native: "1.0.0" } } });
  expect(findings({ ...wants("node_modules/a"), "node_modules/native": {} })).toEqual([]);
  expect(findings({ ...wants("node_modules/a"), "node_modules/a/node_modules/native": {} })).toEqual([]);
  expect(findings({ ...wants("node_modules/a"), "node_modules/b/node_modules/native": {} })).toEqual([
    "package-lock.json: node_modules/a has no entry for native, which is optional",
  ]);
});

test("no entry names the host of a registry; a link to a package of ours is no host", () => {
  expect(
    findings({
      "node_modules/a": { resolved: "https://registry.example/a.tgz" },
      "node_modules/@throughline/server": { resolved: "packages/server", link: true },
    }),
  ).toEqual(["package-lock.json: node_modules/a names the host of a registry"]);
});
