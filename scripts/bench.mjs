// `npm run bench`: builds, then measures. What is after `--` goes to the benchmark.
import { join } from "node:path";
import { build } from "./build.mjs";
import { install } from "./install.mjs";
import { supportedNode } from "./pinned-node.mjs";
import { main, runForeground, withNode } from "./run.mjs";

await main(async () => {
  const node = await supportedNode();
  const env = withNode(node);
  await install(env);
  await build(env);
  return runForeground(node, [join(import.meta.dirname, "..", "benchmarks", "main.ts"), ...process.argv.slice(2)], env);
});
