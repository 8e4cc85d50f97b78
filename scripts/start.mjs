// `npm start`: installs and builds what is missing, then runs `throughline start`; `npm start doctor` runs that command.
import { join } from "node:path";
import { buildAll } from "./build-all.mjs";
import { prepare } from "./prepare.mjs";
import { main, root, runInForeground, throughline } from "./run.mjs";

await main(async () => {
  const { node, env } = await prepare();
  await buildAll(node, env);
  const given = process.argv.slice(2);
  const args = given[0] === undefined || given[0].startsWith("-") ? ["start", ...given] : given;
  // Compiled code is kept for the next start, in a folder that nobody else can write.
  const startEnv = { ...env, NODE_COMPILE_CACHE: join(root, ".cache/compiled") };
  return runInForeground([...throughline(node), ...args], startEnv);
});
