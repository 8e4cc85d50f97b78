// Installs the dependencies unless those that package-lock.json names are there. Runs on Node 20.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { npm, root, run } from "./run.mjs";

/** Written last and deleted by `npm ci` first, so that an installation that was broken off is made again. */
const stamp = join(root, "node_modules", ".throughline-installed");

/**
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 */
export async function install(node, env) {
  const lock = createHash("sha256").update(readFileSync(join(root, "package-lock.json")));
  // Some packages hold machine code: a folder that was copied from another system is of no use.
  const wanted = `${lock.digest("hex")} ${process.platform} ${process.arch}\n`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error("Installing dependencies …");
  // With NODE_ENV=production npm would leave out the compiler.
  await run([...npm(node), "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], {
    env,
    failure: "unable to install the dependencies; see above, check that npm reaches its registry, then try again",
  });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}
