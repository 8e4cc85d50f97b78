import { expect, test } from "vitest";
import type { ScopeFact } from "../file-facts.ts";
import { readTypeScriptFacts } from "./read-typescript-facts.ts";

const scopesOf = (text: string, path = "a.ts") => readTypeScriptFacts(path, text).scopes;

/** `kind name @first-last in parent`, without the module. */
const outline = (text: string, path = "a.ts") => {
  const scopes = scopesOf(text, path);
  return scopes
    .slice(1)
    .map(({ kind, name, line, endLine, parent }) =>
      `${kind} ${name} @${line}-${endLine} in ${scopes[parent]?.name}`.trim(),
    );
};

const only = (text: string, name: string): ScopeFact => {
  const found = scopesOf(text).find((scope) => scope.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

test("whatever has a name and a body is a scope", () => {
  expect(
    outline(`function outer() {
  const inner = () => 1;
  function nested() {}
  list.map((each) => each.run());
  call(function named() {});
}
const handlers = {
  send() {},
  stop: () => {},
  get state() { return 1; },
  "two words": function () {},
  nested: { go: async () => {} },
} satisfies Handlers;
const limit = 1, { a, b } = make();
const Engine = class Inner { start() {} };
interface Shape { area(): number; scale: (by: number) => void; name: string }
type Alias = { run(): void };
type Union = Alias | Shape;
enum Color { Red }
namespace Wire { export function send() { function inner() {} } export const size = 1; }
let empty: string;`),
  ).toEqual([
    "function outer @1-6 in",
    "function inner @2-2 in outer",
    "function nested @3-3 in outer",
    "function named @5-5 in outer",
    "constant handlers @7-13 in",
    "function handlers.send @8-8 in handlers",
    "function handlers.stop @9-9 in handlers",
    "function handlers.state @10-10 in handlers",
    "function handlers.two words @11-11 in handlers",
    "function handlers.nested.go @12-12 in handlers",
    "constant limit @14-14 in",
    "constant a @14-14 in",
    "constant b @14-14 in",
    "class Engine @15-15 in",
    "method start @15-15 in Engine",
    "interface Shape @16-16 in",
    "method area @16-16 in Shape",
    "method scale @16-16 in Shape",
    "interface Alias @17-17 in",
    "method run @17-17 in Alias",
    "interface Union @18-18 in",
    "constant Color @19-19 in",
    "constant Wire @20-20 in",
    "function Wire.send @20-20 in Wire",
    "function inner @20-20 in Wire.send",
    "constant Wire.size @20-20 in Wire",
  ]);
});

test("the members of a class", () => {
  expect(
    outline(`@Injectable()
class Engine {
  static { start(); }
  static create() {}
  #secret() {}
  [Symbol.iterator]() {}
  get value() { return 1; }
  set value(value) {}
  send = () => {};
  handlers = { stop() {} };
  constructor() { this.late = () => {}; }
}
const make = () => class extends Engine { run() {} };`),
  ).toEqual([
    "class Engine @2-12 in",
    "method create @4-4 in Engine",
    "method #secret @5-5 in Engine",
    "method [Symbol.iterator] @6-6 in Engine",
    "method value @7-7 in Engine",
    "method value @8-8 in Engine",
    "method send @9-9 in Engine",
    "function handlers.stop @10-10 in Engine",
    "method constructor @11-11 in Engine",
    "method late @11-11 in Engine",
    "function make @13-13 in",
    "class (class) @13-13 in make",
    "method run @13-13 in (class)",
  ]);
});

test("functions given to what exists already", () => {
  expect(
    outline(
      `function Router() {}
Router.prototype.send = function () { return this.x; };
Router.create = () => new Router();
let later;
later = function () {};
element.onclick = () => {};`,
      "a.js",
    ),
  ).toEqual([
    "function Router @1-1 in",
    "method Router.send @2-2 in",
    "function Router.create @3-3 in",
    "function later @5-5 in",
  ]);
});

test("the head of a scope", () => {
  const text = `class Engine<T> extends mixin(Base) implements Runner<T>, wire.Sender {
  @Memo("x") @log.timed async run(this: Engine, input: Input, { a, b: [c] }: Options, d = 1, ...rest: string[]): Promise<Map<string, T>> {}
  static create(): Engine | undefined { return this.x(); }
  abstract stop(): readonly Engine[];
}
interface Wide extends Narrow<string>, wire.Shape {}
const f = ([x]) => x;`;
  expect(only(text, "Engine")).toMatchObject({
    bases: [
      { chain: ["mixin", "()"], isInterface: false },
      { chain: ["Runner"], isInterface: true },
      { chain: ["wire", "Sender"], isInterface: true },
    ],
  });
  expect(only(text, "run")).toMatchObject({
    decorators: [["Memo"], ["log", "timed"]],
    parameters: ["input", "{ a, c }", "d", "rest"],
    result: ["Promise"],
    resultOf: ["Map"],
    isAsync: true,
    isStatic: false,
  });
  expect(only(text, "create")).toMatchObject({ result: ["Engine"], isStatic: true });
  expect(only(text, "create")).not.toHaveProperty("resultOf");
  expect(only(text, "stop")).toMatchObject({ result: ["Array"], resultOf: ["Engine"], isEmpty: true });
  expect(only(text, "Wide").bases).toEqual([
    { chain: ["Narrow"], isInterface: true },
    { chain: ["wire", "Shape"], isInterface: true },
  ]);
  expect(only(text, "f").parameters).toEqual(["[x]"]);
});

test.each([
  ["function f() {}", true],
  [`function f() { "use strict"; ; }`, true],
  ["declare function f(): void;", true],
  ["function f(): void; function f(x?: string) { return x; }", true],
  ["abstract class A { abstract f(): void; }", true],
  [`function f() { throw new Error("Not implemented yet"); }`, true],
  [`function f() { throw new Error("not implemented"); }`, true],
  ["function f() { throw new NotImplementedError(); }", true],
  [`function f() { throw new Error("no such file"); }`, false],
  ["function f() { return; }", false],
  ["const f = () => undefined;", false],
])("%s: empty %s", (text, expected) => {
  expect(only(text, "f").isEmpty).toBe(expected);
});

test("a constructor that only declares fields is not empty", () => {
  expect(only("class A { constructor(private readonly x: X) {} }", "constructor").isEmpty).toBe(false);
});

test("loops and statements count in the own text of a scope", () => {
  const text = `function f() {
  "use strict";
  for (let i = 0; i < 3; i++) { a(); }
  for (const x of xs) while (x) { break; }
  do { b(); } while (c);
  list.forEach((each) => { each.run(); });
  const inner = () => { for (;;) {} };
  function other() { d(); }
  class Local { method() { e(); } }
  const value = 1;
  if (value) return 1; else throw f;
}
const g = () => 1;`;
  expect(only(text, "f")).toMatchObject({ loops: 4, statements: 13 });
  expect(only(text, "inner")).toMatchObject({ loops: 1, statements: 1 });
  expect(only(text, "g")).toMatchObject({ loops: 0, statements: 1 });
});

test.each([
  ["function f() { return true; }", true],
  ["const f = () => ({ ok: true, list: [1, -2, `x`], none: undefined });", true],
  ["function f(x) { if (x) return 1; return 'a'; }", true],
  ["function f() { return; }", false],
  ["function f() {}", false],
  ["function f(x) { return x; }", false],
  ["function f() { log(); return true; }", false],
  ["const f = () => [x];", false],
  [`const f = () => \`a\${x}\`;`, false],
  ["function f() { const inner = () => 1; return inner; }", false],
])("%s: only literals %s", (text, expected) => {
  expect(only(text, "f").onlyLiterals).toBe(expected);
});

test("a declaration file has interfaces, and functions without bodies", () => {
  expect(
    scopesOf("export declare class Router { send(): void }\nexport declare function make(): Router;", "a.d.ts").map(
      ({ kind, name, isEmpty }) => [kind, name, isEmpty],
    ),
  ).toEqual([
    ["module", "", false],
    ["interface", "Router", false],
    ["method", "send", true],
    ["function", "make", true],
  ]);
});
