import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeLog } from "./log-suite.ts";
import { SqliteLog } from "./sqlite-log.ts";
import type { Durability } from "./sqlite-store.ts";

for (const durability of ["full", "relaxed"] as const satisfies readonly Durability[]) {
  describeLog(
    `SqliteLog (${durability})`,
    async (options) => {
      const folder = await mkdtemp(join(tmpdir(), "throughline-log-"));
      let openings = 0;
      const newEpoch = () => `epoch${++openings}`;
      const open = () => new SqliteLog({ path: join(folder, "log.db"), durability, newEpoch, ...options });
      let log = open();
      return {
        log,
        reopen: async () => {
          await log.close();
          log = open();
          return log;
        },
        [Symbol.asyncDispose]: async () => {
          await log.close();
          await rm(folder, { recursive: true });
        },
      };
    },
    { historiesCount: 12 },
  );
}
