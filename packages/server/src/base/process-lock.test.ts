import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProcessLock } from "./process-lock.ts";

let folder: string;
let path: string;
const children = new Set<ChildProcess>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "process-lock-"));
  path = join(folder, "lock");
});
afterEach(async () => {
  for (const child of children) await end(child, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A process that tries to take the lock, says how it went, and then stays until it is killed. */
async function otherProcess(): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const module = fileURLToPath(new URL("process-lock.ts", import.meta.url));
  const script = `import { ProcessLock } from ${JSON.stringify(module)};
    const lock = ProcessLock.acquire(${JSON.stringify(path)});
    console.log(lock === undefined ? "refused" : "acquired");
    setInterval(() => lock, 1_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  return { child, said: said.toString().trim() };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

describe("a process lock", () => {
  test.each<NodeJS.Signals>(["SIGKILL", "SIGTERM"])(
    "is held against other processes until its holder is ended by %s",
    async (signal) => {
      const holder = await otherProcess();
      expect(holder.said).toBe("acquired");
      expect(ProcessLock.acquire(path)).toBeUndefined();
      expect((await otherProcess()).said).toBe("refused");
      await end(holder.child, signal);
      const heir = await otherProcess();
      expect(heir.said).toBe("acquired");
      expect(ProcessLock.acquire(path)).toBeUndefined();
    },
  );

  test("is held against this process too, until it is released", () => {
    const lock = ProcessLock.acquire(path);
    expect(lock).toBeInstanceOf(ProcessLock);
    expect(ProcessLock.acquire(path)).toBeUndefined();
    // A refused attempt leaves the lock as it is.
    expect(ProcessLock.acquire(path)).toBeUndefined();
    lock?.release();
    const again = ProcessLock.acquire(path);
    expect(again).toBeInstanceOf(ProcessLock);
    again?.release();
  });

  test("of another file is another lock", () => {
    const one = ProcessLock.acquire(path);
    const other = ProcessLock.acquire(`${path}2`);
    expect(other).toBeInstanceOf(ProcessLock);
    one?.release();
    other?.release();
  });

  test("that cannot be taken for another reason says so instead of pretending that somebody holds it", () => {
    expect(() => ProcessLock.acquire(join(folder, "missing", "lock"))).toThrow("unable to open database file");
    writeFileSync(path, "this is no lock file, and somebody may need it".repeat(100));
    expect(() => ProcessLock.acquire(path)).toThrow("file is not a database");
  });
});
