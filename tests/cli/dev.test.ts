import { expect, test } from "vitest";
import { Throughline } from "./throughline.ts";

test("starts again when the configuration changes, and ends with what it has started", async () => {
  await using throughline = new Throughline();
  const config = (folder: string) =>
    throughline.write("throughline.config.mjs", `export default { dataDirectory: "${folder}" };`);
  config("first");
  const dev = throughline.start(["--port", "0", "dev", "--json"]);
  await dev.printed(`"dataDirectory":"${throughline.path("first")}"`);
  config("second");
  await dev.printed(`"dataDirectory":"${throughline.path("second")}"`);
  const pids = [...dev.stdout.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
  expect(pids).toHaveLength(2);
  dev.signal("SIGTERM");
  expect((await dev.ended).signal).toBe(null);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
