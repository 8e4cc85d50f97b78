import { describeLog } from "./log-suite.ts";
import { MemoryLog } from "./memory-log.ts";

describeLog("MemoryLog", async (options) => {
  const log = new MemoryLog({ epoch: "epoch1", ...options });
  return {
    log,
    reopen: "a log in memory is gone with its process",
    [Symbol.asyncDispose]: () => log.close(),
  };
});
