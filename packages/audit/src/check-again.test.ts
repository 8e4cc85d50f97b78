import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { check, who } from "./check.ts";
import { readConfig } from "./config/read-config.ts";

let root: string;
let cacheFolder: string;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  root = mkdtempSync(join(tmpdir(), "check-again-"));
  cacheFolder = mkdtempSync(join(tmpdir(), "check-again-cache-"));
  write("router.ts", "export class Router { route(kind: string) { return kind.length; } }\n");
  write("use.ts", 'import { Router } from "./router.ts";\nexport function run() { return new Router().route("a"); }\n');
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true, force: true });
  rmSync(cacheFolder, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(root, name), text);
}

/** A file that was changed just now is read again, whatever is kept of it. */
function later(): void {
  vi.setSystemTime(Date.now() + 60_000);
}

const config = (why = "one way") =>
  readConfig(
    JSON.stringify({ scope: {}, responsibilities: [{ id: "routing", why, owner: "router.ts#Router" }], layers: [] }),
  );
const ask = (today = "2026-01-01", why?: string) => check(root, config(why), today, { cacheFolder });
/** Did anything have to be read? Whoever reads writes the facts anew. */
function forget(): void {
  rmSync(join(cacheFolder, "facts.bin"), { force: true });
}
const hasRead = () => existsSync(join(cacheFolder, "facts.bin"));

test("the same question about the same code is answered without reading it, byte for byte the same", async () => {
  later();
  const first = JSON.stringify(await ask());
  expect(first).toContain('"ok":2');
  forget();
  expect(JSON.stringify(await ask())).toBe(first);
  expect(hasRead()).toBe(false);
});

test("another text, another file, another manifest, another configuration, another day: asked anew", async () => {
  write("package.json", '{ "name": "it", "main": "use.ts" }');
  later();
  expect((await ask()).files.entries).toBe(1);
  write("package.json", '{ "name": "it", "main": "none" }');
  expect((await ask()).files.entries).toBe(0);
  forget();
  await ask("2026-01-02");
  expect(hasRead()).toBe(true);
  forget();
  expect((await ask("2026-01-02", "another reason")).responsibilities[0]?.why).toBe("another reason");
  expect(hasRead()).toBe(true);
  write(
    "use.ts",
    'import { Router } from "./router.ts";\nexport function run() { return new Router().route("b"); } //\n',
  );
  later();
  forget();
  await ask("2026-01-02", "another reason");
  expect(hasRead()).toBe(true);
  write("more.ts", 'import { Router } from "./router.ts";\nexport const more = new Router();\n');
  expect((await ask("2026-01-02", "another reason")).files.read).toBe(3);
});

test("a file that is too young to be told from its next version is read again", async () => {
  await ask();
  forget();
  await ask();
  expect(hasRead()).toBe(true);
});

test("questions of one kind do not take the place of others, and damage is no answer", async () => {
  later();
  const first = JSON.stringify(await ask());
  const answers = await who(root, config(), ["route"], { cacheFolder });
  expect(answers[0]?.symbol).toBe("router.ts#Router");
  expect(await who(root, config(), ["nobody"], { cacheFolder })).toEqual([]);
  forget();
  expect(JSON.stringify(await ask())).toBe(first);
  expect(hasRead()).toBe(false);
  expect(readdirSync(cacheFolder).sort()).toEqual(["check.json", "files.json", "who.json"]);
  writeFileSync(join(cacheFolder, "check.json"), "{}");
  expect(JSON.stringify(await ask())).toBe(first);
  expect(hasRead()).toBe(true);
});

// A gate beside the base of a change made the next run read everything again.
test("what a passing folder contains takes the place of nothing", async () => {
  later();
  await ask();
  const passing = mkdtempSync(join(tmpdir(), "check-again-passing-"));
  writeFileSync(join(passing, "router.ts"), "export class Router { route() { return [].length; } }\n");
  await check(passing, config(), "2026-01-01", { cacheFolder, isPassing: true });
  rmSync(passing, { recursive: true });
  forget();
  await ask();
  expect(hasRead()).toBe(false);
});
