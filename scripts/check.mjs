// `npm run check`: everything that can be said about the code without running it.
import { join } from "node:path";
import { prepare } from "./prepare.mjs";
import { main, root, runInForeground } from "./run.mjs";

await main(async () => {
  const { node, env } = await prepare();
  return runInForeground([node, join(root, "scripts/check-all.mjs")], env);
});
