// Installs the dependencies when they are not the ones that package-lock.json names. Runs on Node 20.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";

const root = join(import.meta.dirname, "..");
/** Written last, so that an installation that was broken off is made again. */
const stamp = join(root, "node_modules", ".throughline-installed");

export async function install(env) {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log("Installing dependencies …");
  await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    env,
    failure: "unable to install the dependencies; check that npm reaches its registry, then try again",
  });
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(stamp, wanted);
}
