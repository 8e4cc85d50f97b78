// `npm run long-run`: installs and builds what is missing, then puts a server under load for as long as follows `--`.
import { join } from "node:path";
import { buildAll } from "./build-all.mjs";
import { prepare } from "./prepare.mjs";
import { main, root, runInForeground } from "./run.mjs";

await main(async () => {
  const { node, env } = await prepare();
  await buildAll(node, env);
  return runInForeground([node, join(root, "tests/long-run/main.ts"), ...process.argv.slice(2)], env);
});
