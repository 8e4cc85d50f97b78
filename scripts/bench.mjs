// `npm run bench`: installs and builds what is missing, then runs the benchmarks with what follows `--`.
import { join } from "node:path";
import { buildAll } from "./build-all.mjs";
import { prepare } from "./prepare.mjs";
import { main, root, runInForeground } from "./run.mjs";

await main(async () => {
  const { node, env } = await prepare();
  await buildAll(node, env);
  return runInForeground([node, join(root, "benchmarks/main.ts"), ...process.argv.slice(2)], env);
});
