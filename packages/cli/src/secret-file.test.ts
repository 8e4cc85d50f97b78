import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readOrCreateSecret } from "./secret-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "throughline-secret-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test("the first start makes the folder and the secret, for their owner only; later ones read it", () => {
  const data = join(folder, "deep/data");
  const { secret, mended } = readOrCreateSecret(data);
  expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(mended).toBe(false);
  expect(readdirSync(data)).toEqual(["secret"]);
  expect([modeOf(data), modeOf(join(data, "secret"))]).toEqual([0o700, 0o600]);
  expect(readOrCreateSecret(data)).toEqual({ secret, mended: false });
  expect(readOrCreateSecret(join(folder, "other")).secret).not.toBe(secret);
});

test.each([0o640, 0o604, 0o620])("a secret of mode %o is closed again, and that is told", (mode) => {
  const { secret } = readOrCreateSecret(folder);
  chmodSync(join(folder, "secret"), mode);
  expect(readOrCreateSecret(folder)).toEqual({ secret, mended: true });
  expect(modeOf(join(folder, "secret"))).toBe(0o600);
});

test("a damaged secret is not replaced: that would sign everybody out", () => {
  const path = join(folder, "secret");
  writeFileSync(path, "short\n", { mode: 0o600 });
  expect(() => readOrCreateSecret(folder)).toThrow(
    `unable to use ${path}; it has 5 characters, a secret has at least 32`,
  );
  expect(readFileSync(path, "utf8")).toBe("short\n");
});

test("a folder that cannot be made is refused, and says why", () => {
  writeFileSync(join(folder, "file"), "");
  expect(() => readOrCreateSecret(join(folder, "file/data"))).toThrow(
    expect.objectContaining({ code: "data_unwritable", message: expect.stringContaining("ENOTDIR") }),
  );
  mkdirSync(join(folder, "secret"));
  expect(() => readOrCreateSecret(folder)).toThrow(expect.objectContaining({ code: "data_unwritable" }));
});

test("starts that meet agree on one secret", async () => {
  const source = `
    import { parentPort, workerData } from "node:worker_threads";
    const { readOrCreateSecret } = await import(workerData.module);
    parentPort.once("message", () => parentPort.postMessage(readOrCreateSecret(workerData.folder).secret));
    parentPort.postMessage("ready");`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const module = new URL("./secret-file.ts", import.meta.url).href;
  const workers = [1, 2, 3].map(() => new Worker(url, { workerData: { module, folder } }));
  const next = (worker: Worker) =>
    new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  await Promise.all(workers.map(next));
  const secrets = await Promise.all(
    workers.map((worker) => {
      worker.postMessage("go");
      return next(worker);
    }),
  );
  await Promise.all(workers.map((worker) => worker.terminate()));
  expect(new Set(secrets).size).toBe(1);
  expect(readdirSync(folder)).toEqual(["secret"]);
});
