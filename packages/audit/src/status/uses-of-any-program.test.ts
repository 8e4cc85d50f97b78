import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileFacts } from "../facts/file-facts.ts";
import { readFacts } from "../facts/read-facts.ts";
import { Program } from "../resolve/program.ts";
import { Uses } from "./uses.ts";
import { allLinesOf, linesOf } from "./uses-oracle-suite.ts";

/** How a language writes what the programs below are made of. */
interface Language {
  readonly ending: string;
  import(module: string, name: string, as: string): string;
  importModule(module: string, as: string): string;
  handOn(module: string): string;
  /** For others only, where the language can. */
  reexport(module: string, name: string, as: string): string;
  nested(name: string, inner: string, base: string): string;
  /** A class by the name of what is imported and extended, where the language can. */
  shadow(module: string, name: string, as: string): string;
  classOf(name: string, base: string | undefined, calls: readonly string[]): string;
  holder(name: string, held: string, given: string): string;
  value(name: string, expression: string): string;
  make(className: string): string;
  factory(name: string, result: string): string;
  taking(name: string, type: string, given: string): string;
  readonly self: string;
  readonly base: string;
}

const python: Language = {
  ending: ".py",
  import: (module, name, as) => `from ${module} import ${name} as ${as}`,
  importModule: (module, as) => `import ${module} as ${as}`,
  handOn: (module) => `from ${module} import *`,
  reexport: (module, name, as) => `from ${module} import ${name} as ${as}`,
  shadow: (module, name, as) =>
    `from ${module} import ${name} as ${as}\nclass ${as}(${as}):\n    def go(self):\n        self.route()`,
  nested: (name, inner, base) => `class ${name}:\n    class ${inner}(${base}):\n        pass`,
  classOf: (name, base, calls) =>
    [
      `class ${name}${base === undefined ? "" : `(${base})`}:`,
      ...(base === undefined ? ["    def route(self):", "        return 1"] : []),
      "    def go(self):",
      ...calls.map((call) => `        ${call}.route()`),
      "        return 2",
    ].join("\n"),
  holder: (name, held) => `class ${name}:\n    way: ${held}\n    def go(self):\n        self.way.route()`,
  value: (name, expression) => `${name} = ${expression}`,
  make: (className) => `${className}()`,
  factory: (name, result) => `def ${name}() -> ${result}:\n    return None`,
  taking: (name, type, given) => `def ${name}(${given}: ${type}):\n    ${given}.route()`,
  self: "self",
  base: "super()",
};

const typescript: Language = {
  ending: ".ts",
  import: (module, name, as) => `import { ${name} as ${as} } from "./${module}.ts";\nexport { ${as} };`,
  importModule: (module, as) => `import * as ${as} from "./${module}.ts";`,
  handOn: (module) => `export * from "./${module}.ts";`,
  reexport: (module, name, as) => `export { ${name} as ${as} } from "./${module}.ts";`,
  shadow: (module, name, as) => `import { ${name} as ${as} } from "./${module}.ts";`,
  nested: (name, inner, base) => `export namespace ${name} { export class ${inner} extends ${base} {} }`,
  classOf: (name, base, calls) =>
    [
      `export class ${name}${base === undefined ? "" : ` extends ${base}`} {`,
      ...(base === undefined ? ["  route() { return 1; }"] : []),
      `  go() { ${calls.map((call) => `${call}.route();`).join(" ")} return 2; }`,
      "}",
    ].join("\n"),
  holder: (name, held, given) =>
    `export namespace ${name} { export let way: ${held}; export interface Alike extends ${held} {}
      export function go(${given}: Alike) { ${given}.route(); } }`,
  value: (name, expression) => `export const ${name} = ${expression};`,
  make: (className) => `new ${className}()`,
  factory: (name, result) => `export function ${name}(): ${result} { return null as never; }`,
  taking: (name, type, given) => `export function ${name}(${given}: ${type}) { ${given}.route(); }`,
  self: "this",
  base: "super",
};

const kinds = [
  ...(["class", "subclass", "nested", "value", "alias", "import", "reexport", "shadow", "module"] as const),
  ...(["star", "holder", "factory", "taking"] as const),
];
const moduleCount = 4;
const pool = ["Router", "Way", "Path", "Base", "way", "main"];

/** Modules that import only from those before them, so that nothing depends on itself; names are used in many of them. */
function filesOf(choices: readonly number[], language: Language): Record<string, string> {
  let at = 0;
  const choose = <Item>(items: readonly Item[]): Item =>
    items[(choices[at++ % choices.length] ?? 0) % items.length] as Item;
  const classes: string[][] = [];
  const files: Record<string, string> = {};
  for (let number = 0; number < moduleCount; number++) {
    const lines: string[] = [];
    /** What can be written here: expressions of classes and of values. */
    const [own, values]: [string[], string[]] = [[], []];
    /** Names of classes that only others can use. */
    const others: string[] = [];
    const free = [...pool];
    const named = () => free.splice(free.indexOf(choose(free)), 1)[0] as string;
    for (let step = 0; step < 5; step++) {
      const from = number === 0 ? undefined : choose([...Array(number).keys()]);
      const theirs = from === undefined ? [] : (classes[from] ?? []);
      const kind = choose(kinds);
      switch (kind) {
        case "class": {
          const name = named();
          lines.push(language.classOf(name, undefined, [language.self]));
          own.push(name);
          break;
        }
        case "subclass": {
          if (own.length === 0) break;
          const [base, name] = [choose(own), named()];
          lines.push(language.classOf(name, base, [language.self, language.base]));
          own.push(name);
          break;
        }
        case "nested": {
          if (own.length === 0) break;
          const [base, name] = [choose(own), named()];
          const inner = choose(pool.filter((one) => one !== base));
          lines.push(language.nested(name, inner, base));
          own.push(`${name}.${inner}`);
          break;
        }
        case "value": {
          if (own.length === 0) break;
          const [made, name] = [language.make(choose(own)), named()];
          lines.push(language.value(name, made));
          values.push(name);
          break;
        }
        case "alias": {
          if (own.length === 0) break;
          const [other, name] = [choose(own), named()];
          lines.push(language.value(name, other));
          own.push(name);
          break;
        }
        case "import":
        case "reexport":
        case "shadow": {
          if (theirs.length === 0) break;
          const [given, name] = [choose(theirs), named()];
          lines.push(language[kind](`m${from}`, given, name));
          (kind === "reexport" ? others : own).push(name);
          break;
        }
        case "module": {
          if (theirs.length === 0) break;
          const name = named();
          lines.push(language.importModule(`m${from}`, name));
          own.push(...theirs.map((given) => `${name}.${given}`));
          break;
        }
        case "star":
          if (from !== undefined) lines.push(language.handOn(`m${from}`));
          break;
        case "holder": {
          if (own.length === 0) break;
          const [held, name] = [choose(own), named()];
          lines.push(language.holder(name, held, `held_${number}_${step}`));
          values.push(`${name}.way`);
          break;
        }
        case "factory": {
          if (own.length === 0) break;
          const [result, name] = [choose(own), named()];
          lines.push(language.factory(name, result));
          values.push(`${name}()`);
          break;
        }
        default:
          if (own.length > 0) lines.push(language.taking(`take_${step}`, choose(own), `given_${number}_${step}`));
      }
    }
    lines.push(...values.map((value) => `${value}.route()`));
    classes.push([...own.filter((name) => !name.includes(".")), ...others]);
    files[`m${number}${language.ending}`] = `${lines.join("\n")}\n`;
  }
  return files;
}

test.each([python, typescript])(
  "in any program each class has the uses that resolving everything finds: $ending",
  (language) => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { minLength: 60, maxLength: 90 }), (choices) => {
        const files = filesOf(choices, language);
        const facts = Object.entries(files).map(([path, text]) => readFacts(path, text) as FileFacts);
        const whole = new Program(facts);
        for (const file of whole.files) {
          for (let scope = 1; scope < file.scopeCount; scope++) {
            if (file.scopeKind(scope) !== "class" && file.scopeKind(scope) !== "interface") continue;
            const place = { path: file.path, scope };
            const expected = allLinesOf(new Program(facts))(place);
            const lines = linesOf(new Uses(new Program(facts), () => "production"), place);
            expect([whole.symbolOf(place), lines, files]).toEqual([whole.symbolOf(place), expected, files]);
            found += lines.length;
          }
        }
      }),
      { numRuns: 3_000 },
    );
    expect(found).toBeGreaterThan(10_000);
  },
);
