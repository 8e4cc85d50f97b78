import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkLayers } from "../../scripts/check-layers.mjs";
import { Tree } from "./tree.ts";

function breaches(files: Readonly<Record<string, string>>): readonly string[] {
  using tree = new Tree(files);
  return checkLayers(tree.folder);
}

/** What one file of a package that imports one module breaks. */
const breachesOf = (path: string, specifier: string) =>
  breaches({ [`packages/${path}`]: `import { a } from "${specifier}";` });

test("this repository keeps its layers", () => {
  expect(checkLayers(join(import.meta.dirname, "../.."))).toEqual([]);
});

describe("between packages", () => {
  const allowed = {
    protocol: [],
    audit: [],
    client: ["protocol"],
    server: ["protocol"],
    web: ["protocol", "client"],
    bridges: ["protocol", "server"],
    cli: ["protocol", "server", "web", "bridges", "audit"],
  };
  const names = Object.keys(allowed);
  const pairs = Object.entries(allowed).flatMap(([name, targets]) =>
    names
      .filter((target) => target !== name)
      .map((target) => ({ name, target, may: targets.includes(target as never) })),
  );

  test.each(pairs)("$name and $target: $may", ({ name, target, may }) => {
    const expected = may ? [] : [`packages/${name}/src/a.ts: ${name} may not import ${target}`];
    expect(breachesOf(`${name}/src/a.ts`, `@throughline/${target}`)).toEqual(expected);
    expect(breachesOf(`${name}/src/a.ts`, `@throughline/${target}/deep`)).toEqual(expected);
  });

  test("other people's packages are free", () => {
    expect(breachesOf("protocol/src/a.ts", "zod")).toEqual([]);
    expect(breachesOf("protocol/src/a.ts", "@throughline-else/server")).toEqual([]);
  });

  test("a relative path does not lead around the rule", () => {
    expect(breachesOf("client/src/deep/a.ts", "../../../server/src/log/log.ts")).toEqual([
      "packages/client/src/deep/a.ts: ../../../server/src/log/log.ts is outside of the package",
    ]);
    expect(breachesOf("cli/src/a.ts", "../package.json")).toEqual([]);
  });

  test("a package without a rule has to get one", () => {
    expect(breaches({ "packages/new/src/a.ts": "" })).toEqual([
      "packages/new: has no rule in scripts/check-layers.mjs",
    ]);
  });
});

describe("inside the server", () => {
  const lines = [
    ["base"],
    ["log", "tools", "quality"],
    ["router", "runs", "broadcast"],
    ["gateway"],
    ["server.ts"],
    ["index.ts"],
  ];
  const rooms = lines.flat();
  const lineOf = (room: string) => lines.findIndex((line) => line.includes(room));
  const fileIn = (room: string) => (room.endsWith(".ts") ? room : `${room}/deep/a.ts`);
  const pairs = rooms.flatMap((from) =>
    rooms.map((to) => ({ from, to, may: from === to || lineOf(to) < lineOf(from) })),
  );

  test.each(pairs)("$from and $to: $may", ({ from, to, may }) => {
    const up = from.endsWith(".ts") ? "./" : "../../";
    expect(breachesOf(`server/src/${fileIn(from)}`, `${up}${fileIn(to)}`)).toEqual(
      may ? [] : [`packages/server/src/${fileIn(from)}: ${from} may not import ${to}`],
    );
  });

  test("a folder that is on no line imports nothing and is imported by nothing", () => {
    expect(breachesOf("server/src/utils/a.ts", "../base/a.ts")).toHaveLength(1);
    expect(breachesOf("server/src/gateway/a.ts", "../utils/a.ts")).toHaveLength(1);
  });

  test("tests and suites may import what they test", () => {
    expect(breachesOf("server/src/base/a.test.ts", "../gateway/a.ts")).toEqual([]);
    expect(breachesOf("server/src/base/a-suite.ts", "../gateway/a.ts")).toEqual([]);
  });
});

describe("what counts as an import", () => {
  const broken = ["packages/protocol/src/a.ts: protocol may not import server"];
  const breachesIn = (text: string) => breaches({ "packages/protocol/src/a.ts": text });

  test.each([
    'import "@throughline/server";',
    'import server from "@throughline/server";',
    'import * as server from "@throughline/server";',
    'import type { Log } from "@throughline/server";',
    'import { type Log,\n  a as b\n} from "@throughline/server";',
    'import data from "@throughline/server" with { type: "json" };',
    'import server = require("@throughline/server");',
    'export * from "@throughline/server";',
    'export { a } from "@throughline/server";',
    'export type { Log } from "@throughline/server";',
    'const server = await import("@throughline/server");',
    "function later() { return import(`@throughline/server`); }",
    'let log: import("@throughline/server").Log;',
    'import.meta.resolve("@throughline/server");',
    'const a = /["\'`]/; import("@throughline/server");',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a program
    'const a = `${"`"}`; /* ` */ import("@throughline/server");',
    '/* a */ import /* b */ { c } /* d */ from /* e */ "@throughline/server" // f',
  ])("%s", (text) => {
    expect(breachesIn(text)).toEqual(broken);
  });

  test.each([
    '// import "@throughline/server";',
    '/* import "@throughline/server"; */',
    '/**\n * @example\n * import { a } from "@throughline/server";\n */',
    "const a = 'import \"@throughline/server\"';",
    'const a = `\nimport "@throughline/server";\n`;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a program
    'const a = `${`\nimport "@throughline/server";\n`}`;',
    'const a = /import "@throughline\\/server";/;',
    'resolve("@throughline/server");',
    "import(name);",
  ])("not %s", (text) => {
    expect(breachesIn(text)).toEqual([]);
  });

  test("a file that a worker or a reader is given by its URL", () => {
    const text = 'new Worker(new URL("../gateway/a.ts", import.meta.url)); new URL("../gateway/b.ts", somewhere);';
    expect(breaches({ "packages/server/src/base/a.ts": text })).toEqual([
      "packages/server/src/base/a.ts: base may not import gateway",
    ]);
  });

  test("in a page as well", () => {
    const text = 'import { a } from "@throughline/server";\nexport const B = () => <p>import("x") isn\'t {a}</p>;';
    expect(breaches({ "packages/web/src/b.tsx": text })).toEqual(["packages/web/src/b.tsx: web may not import server"]);
  });
});
