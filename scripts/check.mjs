// `npm run check`: types, lint and format, import layers, dead code, packages, documents. Prints what is wrong and no more.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkDocuments } from "./check-documents.mjs";
import { checkLayers } from "./check-layers.mjs";
import { install } from "./install.mjs";
import { supportedNode } from "./pinned-node.mjs";
import { main, withNode } from "./run.mjs";

const root = join(import.meta.dirname, "..");
const packages = ["protocol", "server", "client", "cli"];

await main(async () => {
  const node = await supportedNode();
  const env = withNode(node);
  await install(env);
  const tool =
    (name, ...args) =>
    () => {
      const result = spawnSync(join(root, "node_modules", ".bin", name), args, { cwd: root, env, encoding: "utf8" });
      return result.status === 0 ? [] : [`${result.stdout}${result.stderr}`.trim()];
    };
  const checks = {
    types: tool("tsc", "-b"),
    "types of tests": tool("tsc", "-p", "tsconfig.tests.json"),
    "lint and format": tool("biome", "check", "--error-on-warnings", "."),
    "import layers": () => checkLayers(root),
    "dead code": tool("knip"),
    "lock file": checkLockFile,
    documents: () => checkDocuments(root),
    ...Object.fromEntries(packages.map((name) => [`package ${name}`, tool("publint", join("packages", name))])),
  };
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    const findings = check();
    console.log(`${findings.length === 0 ? "ok    " : "FAILED"} ${name}`);
    for (const finding of findings) console.log(finding);
    if (findings.length > 0) failed += 1;
  }
  return failed === 0 ? 0 : 1;
});

/** The lock file names versions and hashes; where they come from is the business of whoever installs. */
function checkLockFile() {
  const lines = readFileSync(join(root, "package-lock.json"), "utf8").split("\n");
  return lines.filter((line) => /"resolved": *"http/.test(line)).map((line) => `package-lock.json: ${line.trim()}`);
}
