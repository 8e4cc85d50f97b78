// `npm start`: installs and builds what is missing, then runs `throughline start`, or the command that is given.
import { join } from "node:path";
import { buildAll } from "./build-all.mjs";
import { prepare } from "./prepare.mjs";
import { main, root, runInForeground } from "./run.mjs";

await main(async () => {
  const { node, env } = await prepare();
  await buildAll(node, env);
  const given = process.argv.slice(2);
  const args = given[0] === undefined || given[0].startsWith("-") ? ["start", ...given] : given;
  return runInForeground([node, join(root, "packages/cli/dist/main.js"), ...args], env);
});
