// `npm test`: installs and builds what is missing, runs every suite, and ends with one line that counts the tests.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAll } from "./build-all.mjs";
import { needProgram } from "./debian-package.mjs";
import { prepare } from "./prepare.mjs";
import { installed, main, root, runInForeground } from "./run.mjs";

const folder = mkdtempSync(join(tmpdir(), "throughline-test-"));
const countFile = join(folder, "count.json");

await main(async () => {
  const { node, env } = await prepare();
  await buildAll(node, env);
  if (process.env.CHROMIUM === undefined) {
    await needProgram("/usr/bin/chromium", { packageName: "chromium", who: "the tests in a browser" });
  }
  const reporters = ["default", join(root, "scripts/test-count-reporter.mjs")].map((name) => `--reporter=${name}`);
  return runInForeground([...installed(node, "vitest", "vitest"), "run", ...reporters, ...process.argv.slice(2)], {
    ...env,
    THROUGHLINE_TEST_COUNT: countFile,
  });
});

const { passed, failed, skipped } = readCount();
rmSync(folder, { recursive: true });
// What makes a run fail outside of its tests, such as the build, counts as one failed test, and so does testing nothing.
const failures = Math.max(failed, process.exitCode === 0 && passed > 0 ? 0 : 1);
if (failures > 0) process.exitCode ||= 1;
console.log(`${passed} passed, ${failures} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);

/** @returns {{ passed: number, failed: number, skipped: number }} */
function readCount() {
  try {
    return JSON.parse(readFileSync(countFile, "utf8"));
  } catch {
    // The run did not come to its end; its exit code says so as well.
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
