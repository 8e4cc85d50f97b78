// Builds what has changed: types and JavaScript with tsc, the page with Vite.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { install } from "./install.mjs";
import { supportedNode } from "./pinned-node.mjs";
import { main, run, withNode } from "./run.mjs";

const root = join(import.meta.dirname, "..");
const packages = join(root, "packages");
const stamp = join(root, ".cache", "built");

/** Builds unless everything that the build reads, and the build itself, is as it was left. */
export async function build(env) {
  const fingerprint = fingerprintOf(inputs());
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint && outputsExist()) return;
  console.log("Building …");
  await run(join(root, "node_modules", ".bin", "tsc"), ["-b"], { env, failure: "unable to build; tsc found errors" });
  await run(join(root, "node_modules", ".bin", "vite"), ["build", "packages/web", "--logLevel", "warn"], {
    env,
    failure: "unable to build the page; Vite found errors",
  });
  mkdirSync(join(root, ".cache"), { recursive: true });
  writeFileSync(stamp, fingerprint);
}

function outputsExist() {
  const index = ["protocol", "server", "client"].map((name) => join(packages, name, "dist", "index.js"));
  return [...index, join(packages, "cli", "dist", "main.js"), join(packages, "web", "dist", "index.html")].every(
    existsSync,
  );
}

/** Times and sizes, not contents: this runs before every start. */
function fingerprintOf(files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${relative(root, file)} ${mtimeMs} ${size}\n`);
  }
  return hash.digest("hex");
}

function* inputs() {
  yield join(root, "package-lock.json");
  yield join(root, "tsconfig.base.json");
  for (const name of readdirSync(packages).sort()) {
    const folder = join(packages, name);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isFile() && !entry.name.endsWith(".tsbuildinfo")) yield join(folder, entry.name);
      else if (entry.isDirectory() && (entry.name === "src" || entry.name === "public")) {
        for (const file of readdirSync(join(folder, entry.name), { recursive: true, withFileTypes: true })) {
          if (file.isFile()) yield join(file.parentPath, file.name);
        }
      }
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    const env = withNode(await supportedNode());
    await install(env);
    await build(env);
    return 0;
  });
}
