// `npm run fuzz`: installs and builds what is missing, then gives a server as much nonsense as follows `--`.
import { join } from "node:path";
import { buildAll } from "./build-all.mjs";
import { prepare } from "./prepare.mjs";
import { main, root, runInForeground } from "./run.mjs";

await main(async () => {
  const { node, env } = await prepare();
  await buildAll(node, env);
  return runInForeground([node, join(root, "tests/fuzz/main.ts"), ...process.argv.slice(2)], env);
});
