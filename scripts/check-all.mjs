// The checks of `npm run check`, each with a line that says how it went and, where it failed, what it found.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { checkDocuments } from "./check-documents.mjs";
import { checkLockFile } from "./check-lock-file.mjs";
import { installed, root } from "./run.mjs";

/** @typedef {{ name: string, findings: string }} Result no findings = passed */

// The types of the tests, and what a package offers, are read from what the compiler writes.
const results = [await tool("types", "typescript", "tsc", "-b")];
results.push(
  ...(await Promise.all([
    tool("types of tests and scripts", "typescript", "tsc", "-p", "tsconfig.tests.json"),
    tool("lint and format", "@biomejs/biome", "biome", "check", "--error-on-warnings", "--colors=off"),
    tool("dead code", "knip", "knip", "--no-progress"),
    ...readdirSync(join(root, "packages")).map((name) =>
      tool(`package ${name}`, "publint", "publint", "--strict", `packages/${name}`),
    ),
    runNode("ownership and import layers", join(root, "packages/audit/dist/main.js"), "gate"),
  ])),
  { name: "documents", findings: checkDocuments(root).join("\n") },
  { name: "lock file", findings: checkLockFile(root).join("\n") },
);

for (const { name, findings } of results) {
  console.log(`${findings === "" ? "ok    " : "FAILED"} ${name}`);
  if (findings !== "") console.log(findings.replaceAll(/^/gm, "       "));
}
process.exitCode = results.every(({ findings }) => findings === "") ? 0 : 1;

/**
 * Runs an installed program; what it prints counts when it fails.
 *
 * @param {string} name
 * @param {string} packageName
 * @param {string} program
 * @param {...string} args
 * @returns {Promise<Result>}
 */
async function tool(name, packageName, program, ...args) {
  const [, path] = installed(process.execPath, packageName, program);
  return runNode(name, path, ...args);
}

/**
 * @param {string} name
 * @param {string} path
 * @param {...string} args
 * @returns {Promise<Result>}
 */
async function runNode(name, path, ...args) {
  const child = spawn(process.execPath, [path, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code === 0) return { name, findings: "" };
  return { name, findings: `${output}${errors}`.trim() || `it exited with ${code}` };
}
