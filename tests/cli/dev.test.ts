import { expect, test } from "vitest";
import { Throughline } from "./throughline.ts";

test("starts again when the configuration changes, and ends with what it has started", async () => {
  await using throughline = new Throughline();
  const config = (folder: string) =>
    throughline.write("throughline.config.mjs", `export default { dataDirectory: "${folder}" };`);
  config("first");
  const dev = throughline.start(["--port", "0", "dev", "--json"]);
  await dev.printed(`"dataDirectory":"${throughline.path("first")}"`);
  // Node watches a file from shortly after it was loaded, at times later than the server listens, and misses a change
  // before that: whoever sees nothing happen saves again.
  const saves = setInterval(() => config("second"), 15_000);
  config("second");
  await dev.printed(`"dataDirectory":"${throughline.path("second")}"`).finally(() => clearInterval(saves));
  const pids = [...dev.stdout.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
  expect(pids.length).toBeGreaterThanOrEqual(2);
  dev.signal("SIGTERM");
  expect((await dev.ended).signal).toBe(null);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
