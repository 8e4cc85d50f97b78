import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { FileFacts } from "../facts/file-facts.ts";
import { readFacts } from "../facts/read-facts.ts";
import { listFiles } from "../files/list-files.ts";
import { readAllFacts } from "../files/read-all-facts.ts";
import { readManifests } from "../resolve/manifests.ts";
import { Program } from "../resolve/program.ts";
import { type Place, Uses } from "./uses.ts";
import { allLinesOf, linesOf } from "./uses-oracle-suite.ts";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));

function definitionsOf(program: Program): Place[] {
  return program.files.flatMap(({ path, scopes }) => scopes.map((_, scope) => ({ path, scope })));
}

function programOf(files: Readonly<Record<string, string>>): Program {
  return new Program(Object.entries(files).map(([path, text]) => readFacts(path, text) as FileFacts));
}

/** Of `path#Name` in a program. */
function usesOf(files: Readonly<Record<string, string>>, symbol: string): string[] {
  const program = programOf(files);
  const target = program.find(symbol);
  if (target.kind !== "scope") throw new Error(`there is no ${symbol}`);
  expect(linesOf(new Uses(program, () => "production"), target)).toEqual(allLinesOf(program)(target));
  return linesOf(new Uses(program, () => "production"), target).filter((line) => !line.startsWith(target.path));
}

test("every definition of this repository has the uses that resolving everything finds", async () => {
  const { files, paths } = await listFiles(repository, { include: ["packages", "tests/audit"] });
  const { facts } = await readAllFacts(repository, files);
  const { names } = readManifests(repository, files, paths);
  const whole = new Program(facts, names);
  const expected = allLinesOf(whole);
  const definitions = definitionsOf(whole);
  expect(definitions.length).toBeGreaterThan(5_000);
  // In groups, because more names are followed when more is looked for: nobody may be found only thanks to others.
  const groups = 40;
  let found = 0;
  for (let group = 0; group < groups; group++) {
    const program = new Program(facts, names);
    const uses = new Uses(program, () => "production");
    const some = definitions.filter((_, index) => index % groups === group);
    uses.lookFor(some);
    for (const place of some) {
      const lines = linesOf(uses, place);
      expect({ symbol: program.symbolOf(place), lines }).toEqual({
        symbol: program.symbolOf(place),
        lines: expected(place),
      });
      found += lines.length;
    }
  }
  expect(found).toBeGreaterThan(20_000);
});

describe("names that lead to a definition", () => {
  const router = "export class Router { route() {} }\nexport function makeRouter(): Router { return new Router(); }\n";

  test("renamed by imports, exports and defaults", () => {
    const lines = usesOf(
      {
        "router.ts": `${router}export default Router;`,
        "index.ts": 'export { Router as Way } from "./router.ts"; export * as routing from "./router.ts";',
        "a.ts": 'import { Way as Path } from "./index.ts"; new Path().route();',
        "b.ts": 'import Anything from "./router.ts"; new Anything();',
        "c.ts": 'import { routing } from "./index.ts"; routing.makeRouter().route();',
      },
      "router.ts#Router",
    );
    expect(lines).toEqual([
      "a.ts:1 Path",
      "b.ts:1 Anything",
      "a.ts:1 Path.().route",
      "c.ts:1 routing.makeRouter.().route",
    ]);
  });

  test("through variables, parameters, fields and results", () => {
    const lines = usesOf(
      {
        "router.ts": router,
        "app.ts": `import { type Router, makeRouter } from "./router.ts";
          const made = makeRouter();
          const again = made;
          class App { way; constructor(given: Router) { this.way = given; } run() { this.way.route(); } }
          function use(app: App) { const { way } = app; const step = app.way; step.route(); again.route(); app.way.route.bind(app)(); }`,
      },
      "router.ts#Router.route",
    );
    expect(lines.length).toBeGreaterThanOrEqual(3);
  });

  test("members of a class, by whatever has them: subclasses, constants, super, members of others", () => {
    const lines = usesOf(
      {
        "router.py":
          "class Router:\n    def route(self):\n        pass\nBase = Router\nway = Router()\n\ndef make() -> Base:\n    return way\n",
        "sub.py":
          "import router\nclass Sub(router.Base):\n    def run(self):\n        super().route()\n        self.route()\nclass Deep(Sub):\n    def go(self):\n        self.route()\n",
        "use.py":
          "from router import way, make\nfrom sub import Deep\nclass App:\n    deep = Deep()\n    def go(self, other):\n        other.route()\n        self.deep.route()\n        way.route()\n        make().route()\ndef run(app: App, deep: Deep):\n    app.deep.route()\n    deep.route()\n    [].route()\n",
      },
      "router.py#Router",
    );
    expect(lines.filter((line) => line.endsWith(".route"))).toEqual([
      "sub.py:4 super.route",
      "sub.py:5 this.route",
      "sub.py:8 this.route",
      "use.py:7 this.deep.route",
      "use.py:8 way.route",
      "use.py:9 make.().route",
      "use.py:11 app.deep.route",
      "use.py:12 deep.route",
    ]);
  });

  test("members of a class through an interface that extends it", () => {
    const lines = usesOf(
      {
        "router.ts": router,
        "use.ts":
          'import { Router } from "./router.ts";\ninterface Alike extends Router {}\nexport function use(given: Alike) { given.route(); }\nclass Own implements Alike { run() { this.route(); } }\n',
      },
      "router.ts#Router",
    );
    expect(lines).toContain("use.ts:3 given.route");
  });

  // The name was followed while only its base meant anything, and not again.
  test("members of a subclass that is handed on under the name of its base", () => {
    const lines = usesOf(
      {
        "router.ts": router,
        "fast.ts": 'import { Router as Base } from "./router.ts";\nexport class Fast extends Base {}\n',
        "index.ts": 'export { Fast as Router } from "./fast.ts";\n',
        "use.ts": 'import { Router } from "./index.ts";\nnew Router().route();\n',
      },
      "router.ts#Router",
    );
    expect(lines).toContain("use.ts:2 Router.().route");
  });

  test("what a function calls something is none of its members", () => {
    const lines = usesOf(
      { "use.py": "class Router:\n    pass\n\ndef make():\n    way = Router()\n    make.way\n" },
      "use.py#Router",
    );
    expect(lines).toEqual([]);
  });

  test("members of a class with more subclasses than are followed", () => {
    const subclasses = Array.from({ length: 40 }, (_, at) => `class Sub${at}(Router):\n    pass\n`).join("");
    const calls = Array.from({ length: 40 }, (_, at) => `Sub${at}().route()\n`).join("");
    const lines = usesOf(
      {
        "router.py": `class Router:\n    def route(self):\n        pass\n${subclasses}`,
        "use.py": `from router import *\n${calls}`,
      },
      "router.py#Router",
    );
    expect(lines.filter((line) => line.endsWith(".route"))).toHaveLength(40);
  });

  test("in Python: modules, packages, stars and constructors", () => {
    const lines = usesOf(
      {
        "pkg/__init__.py": "from .core import *\nfrom . import core as inner\n",
        "pkg/core.py":
          "class Router:\n    def route(self):\n        return self\n\ndef make() -> Router:\n    return Router()\n",
        "a.py": "import pkg.core\npkg.core.Router().route()\n",
        "b.py":
          "from pkg import Router as R, inner\nclass App:\n    def __init__(self, way: R):\n        self.way = way\n    def run(self):\n        self.way.route()\ninner.make().route()\n",
        "c.py": "import pkg\npkg.make().route()\n",
      },
      "pkg/core.py#Router.route",
    );
    expect(lines).toEqual([
      "a.py:2 pkg.core.Router.().route",
      "b.py:6 this.way.route",
      "b.py:7 inner.make.().route",
      "c.py:2 pkg.make.().route",
    ]);
  });
});
