// `npm run build`: builds what has changed.
import { buildAll } from "./build-all.mjs";
import { prepare } from "./prepare.mjs";
import { main } from "./run.mjs";

await main(async () => {
  const { node, env } = await prepare();
  await buildAll(node, env);
  return 0;
});
