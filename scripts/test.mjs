// `npm test`: installs, builds, brings the browser, runs every suite, and ends with one line that counts them.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { install } from "./install.mjs";
import { supportedNode } from "./pinned-node.mjs";
import { main, run, runForeground, withNode } from "./run.mjs";

await main(async () => {
  const node = await supportedNode();
  const env = withNode(node);
  await install(env);
  await build(env);
  await needDebianPackage("/usr/bin/chromium", "chromium", "the browser tests");
  const vitest = join(import.meta.dirname, "..", "node_modules", "vitest", "vitest.mjs");
  return runForeground(node, [vitest, "run", ...process.argv.slice(2)], env);
});

/** Installs a Debian package when its program is missing and this user may; otherwise the tests that need it say so. */
async function needDebianPackage(program, name, who) {
  if (existsSync(program)) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    console.error(`${who} need ${program}; install the Debian package ${name}`);
    return;
  }
  console.log(`Installing ${name} for ${who} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], { env, quiet: true });
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name], {
    env,
    quiet: true,
    failure: `unable to install the Debian package ${name}; install it, then run npm test again`,
  });
}
