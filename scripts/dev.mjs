// `npm run dev`: builds, then compiles what changes and starts the server again with it. The page is built once.
import { spawn } from "node:child_process";
import { buildAll } from "./build-all.mjs";
import { prepare } from "./prepare.mjs";
import { installed, main, root, runInForeground, throughline } from "./run.mjs";

await main(async () => {
  const { node, env } = await prepare();
  await buildAll(node, env);
  const [program, tsc] = installed(node, "typescript", "tsc");
  const compiler = spawn(program, [tsc, "-b", "--watch", "--preserveWatchOutput"], {
    cwd: root,
    env,
    stdio: ["ignore", 2, 2],
  });
  try {
    return await runInForeground([...throughline(node), "dev", ...process.argv.slice(2)], env);
  } finally {
    compiler.kill();
  }
});
