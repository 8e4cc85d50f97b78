import { symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { isInRange } from "../../scripts/pinned-node.mjs";
import { Repository } from "./repository.ts";

const platformPackage = `node-${process.platform}-${process.arch}`;

test.each([
  { version: "20.20.2", isIn: false },
  { version: "22.17.9", isIn: false },
  { version: "22.18.0", isIn: true },
  { version: "23.11.0", isIn: false },
  { version: "24.10.1", isIn: false },
  { version: "24.11.0", isIn: true },
  { version: "25.9.0", isIn: false },
  { version: "26.0.0", isIn: true },
  { version: "100.0.0", isIn: true },
])("$version: $isIn", ({ version, isIn }) => {
  expect(isInRange(version, "^22.18 || ^24.11 || >=26")).toBe(isIn);
});

test("a range of another form is no range that nothing is in", () => {
  expect(() => isInRange("24.11.0", "~24.11")).toThrow("unable to read the range ~24.11; it is not ^a.b or >=a.b");
});

/** A repository that this Node is too old for, which pins a version. */
function tooNew(version: string): Repository {
  const repository = new Repository();
  repository.writeJson("packages/cli/package.json", { name: "cli", type: "module", engines: { node: ">=999" } });
  repository.writeJson("package.json", { name: "small", type: "module", throughline: { node: { default: version } } });
  return repository;
}

const script = "import('./scripts/pinned-node.mjs').then(async (m) => console.log(await m.supportedNode()))";
const advice = "install Node 24 yourself, or check that npm reaches its registry, then try again";

test("goes on with the pinned Node where it is installed, and says so in one line", async () => {
  const version = process.versions.node;
  await using repository = tooNew(version);
  const path = `.cache/node-${version}/node_modules/${platformPackage}/bin/node`;
  repository.write(`${dirname(path)}/README`, "");
  symlinkSync(process.execPath, join(repository.folder, path));
  expect(await repository.run("node", "-e", script)).toEqual({
    code: 0,
    stdout: `${join(repository.folder, path)}\n`,
    stderr: `Node ${version} is not >=999; going on with Node ${version} from npm, kept in .cache.\n`,
  });
});

test.each([
  { left: "nothing", write: (_repository: Repository, _path: string) => undefined },
  { left: "half a program", write: (repository: Repository, path: string) => repository.write(path, "#!/bin/false") },
])("installs it where there is $left; when that fails, says what to do", async ({ write }) => {
  await using repository = tooNew("24.21.0");
  write(repository, `.cache/node-24.21.0/node_modules/${platformPackage}/bin/node`);
  const { code, stdout, stderr } = await repository.run("node", "scripts/start.mjs");
  expect(stderr.trim().split("\n").at(-1)).toBe(`unable to install Node 24.21.0; see above, ${advice}`);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});
