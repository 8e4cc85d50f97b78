/** A server that takes too long to start is ended, and neither that nor one that runs already counts as a refusal. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ServerProcess } from "../support/server-process.ts";

const silenceMs = 300;

test("a start that times out leaves no process behind, and is no refusal", async () => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-silent-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [program, quiet] = [join(folder, "program.mjs"), join(folder, "quiet")];
  const says = `if (!existsSync(${JSON.stringify(quiet)})) console.log('{"event":"listening"}');`;
  writeFileSync(program, `import { existsSync } from "node:fs"; ${says} setInterval(() => undefined, 1_000);`);
  await using server = await ServerProcess.start({ program });
  await expect(server.refusedStart()).rejects.toThrow("the server runs already");
  await server.kill9();

  writeFileSync(quiet, "");
  await expect(server.start(silenceMs)).rejects.toThrow("it says nothing");
  expect(() => server.pid).toThrow("the server does not run");
  await expect(server.refusedStart(silenceMs)).rejects.toThrow("it says nothing");

  rmSync(quiet);
  await server.start();
});
