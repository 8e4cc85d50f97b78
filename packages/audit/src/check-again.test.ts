import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { check, discover, who } from "./check.ts";
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
  expect(readdirSync(cacheFolder).sort()).toEqual(["check.json", "files.json", "program.bin", "who.json"]);
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

/** Versions of files that give each other names, in both languages. */
const versions: Readonly<Record<string, readonly string[]>> = {
  "router.ts": [
    "export class Router { route(kind: string) { return kind.length; } }\n",
    "export class Router { route(kind: string) { return kind.length; } send() { return this.route('a'); } }\n",
    'export { Way as Router } from "./way.ts";\n',
  ],
  "way.ts": ["", "export class Way { route() { return [].length; } }\n", "export const Way = class { route() {} };\n"],
  "index.ts": ['export * from "./router.ts";\n', 'export { Router as Path } from "./router.ts";\n', ""],
  "use.ts": [
    'import { Path } from "./index.ts";\nexport function run(path: Path) { path.route("a"); }\n',
    'import { Router } from "./index.ts";\nconst router = new Router();\nrouter.route("b");\n',
    'import * as all from "./index.ts";\nfunction send(name: string) { all[name]().route.bind(all)("c"); }\n',
  ],
  "package.json": ["{}", '{ "imports": { "#way": "./router.ts" } }', '{ "imports": { "#way": "./way.ts" } }'],
  "main.ts": ['import { Router } from "#way";\nnew Router().route("d");\n', 'export * from "#way";\n'],
  "pkg/__init__.py": ["", "from .core import *\n", "from .core import Router as Path\n"],
  "pkg/core.py": [
    "class Router:\n    def route(self, kind):\n        return len(kind)\n",
    "class Base:\n    def route(self, kind):\n        return len(kind)\nclass Router(Base):\n    pass\n",
    "import pkg.other\nRouter = pkg.other.Other\n",
  ],
  "pkg/other.py": [
    "class Other:\n    def route(self, kind):\n        for one in kind:\n            print(one)\n",
    "from pkg import Router\nclass Other(Router):\n    def route(self, kind):\n        return super().route(kind)\n",
  ],
  "use.py": [
    "from pkg import Path\nPath().route('a')\n",
    "import pkg\ndef run(way: pkg.Router):\n    way.route('b')\n",
    "from pkg import *\nclass App:\n    def __init__(self):\n        self.way = Router()\n    def go(self):\n        self.way.route('größe')\n",
  ],
};
/** Undefined: the file is gone. */
const edits = fc.array(
  fc
    .constantFrom(...Object.keys(versions))
    .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(undefined, ...(versions[name] ?? [])))),
  { minLength: 1, maxLength: 6 },
);
/** Beside so much, a change of the others is too small for everything to be written anew, and what was kept is used with it. */
const ballast = Array.from({ length: 2_000 }, (_, at) => `def other_${at}(way):\n    return way.other(${at})\n`).join(
  "",
);
const both = readConfig(
  JSON.stringify({
    scope: {},
    responsibilities: [
      { id: "typescript", why: "one way", owner: "router.ts#Router", match: { methods: ["route"], names: ["way"] } },
      {
        id: "python",
        why: "one way",
        owner: "pkg/core.py#Router",
        primitives: [{ call: "*.route", allowed: ["pkg"] }],
      },
    ],
    layers: [],
  }),
);

test("whatever was kept of earlier versions, the answers are those of a first run", async () => {
  mkdirSync(join(root, "pkg"));
  const answers = async (options: { readonly cacheFolder?: string }) => [
    await check(root, both, "2026-01-01", options),
    await discover(root, both, ["route"], options),
    await who(root, both, ["route", "way"], options),
  ];
  const programIno = () => statSync(join(cacheFolder, "program.bin"), { throwIfNoEntry: false })?.ino;
  let [written, kept] = [0, 0];
  await fc.assert(
    fc.asyncProperty(edits, fc.boolean(), fc.nat(9), async (some, isLarge, damaged) => {
      for (const [name, [first]] of Object.entries(versions)) write(name, first ?? "");
      write("ballast.py", isLarge ? ballast : "");
      // It would be kept, though nobody asks for it.
      if (!isLarge) forget();
      for (const [at, [name, text]] of some.entries()) {
        if (at === damaged) writeFileSync(join(cacheFolder, "program.bin"), "damaged");
        if (text === undefined) rmSync(join(root, name), { force: true });
        else write(name, text);
        later();
        const before = programIno();
        expect(JSON.stringify(await answers({ cacheFolder }))).toBe(JSON.stringify(await answers({})));
        if (programIno() === before) kept += 1;
        else written += 1;
      }
    }),
    { numRuns: 40 },
  );
  expect({ written: written > 10, kept: kept > 10 }).toEqual({ written: true, kept: true });
});
