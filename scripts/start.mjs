// `npm start` and `npm run dev`: installs and builds what is missing, then runs the command line in the foreground.
import { join } from "node:path";
import { build } from "./build.mjs";
import { install } from "./install.mjs";
import { supportedNode } from "./pinned-node.mjs";
import { main, runForeground, withNode } from "./run.mjs";

const commands = ["start", "dev", "doctor"];

await main(async () => {
  const node = await supportedNode();
  const env = withNode(node);
  await install(env);
  await build(env);
  const given = process.argv.slice(2);
  const args = commands.includes(given[0] ?? "") ? given : ["start", ...given];
  return runForeground(node, [join(import.meta.dirname, "..", "packages", "cli", "dist", "main.js"), ...args], env);
});
