import { join } from "node:path";
import { expect, test } from "vitest";
import { RunningProgram } from "../support/running-program.ts";

const module = JSON.stringify(join(import.meta.dirname, "../../packages/cli/dist/stop-signal.js"));

test("whoever asks again, and means it, does not wait for what is in hand", async () => {
  const text = `
    const { stopSignal } = await import(${module});
    setInterval(() => undefined, 1_000);
    const stopped = stopSignal();
    console.log("ready");
    await stopped;
    console.log("asked");`;
  const command = [process.execPath, "--input-type=module", "-e", text] as const;
  await using program = new RunningProgram(command, { cwd: import.meta.dirname, env: {} });
  await program.printed("ready");
  program.signal("SIGINT");
  await program.printed("asked");
  // Asks until it is understood as a second time.
  const asking = setInterval(() => program.signal("SIGTERM"), 100);
  const ending = await program.ended.finally(() => clearInterval(asking));
  expect(ending).toEqual({ code: 1, signal: null });
});
