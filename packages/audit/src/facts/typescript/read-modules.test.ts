import { expect, test } from "vitest";
import { readTypeScriptFacts } from "./read-typescript-facts.ts";

const importsOf = (text: string, path = "a.ts") =>
  readTypeScriptFacts(path, text).imports.map(({ specifier, imported, local, isType, line }) =>
    [specifier, imported, local ?? "-", isType ? "type" : "value", line].join(" "),
  );

const exportsOf = (text: string, path = "a.ts") =>
  readTypeScriptFacts(path, text).exports.map(({ name, specifier, imported, local, isType, line }) =>
    [name, specifier ?? "-", imported ?? "-", local ?? "-", isType ? "type" : "value", line].join(" "),
  );

test("every form of import", () => {
  expect(
    importsOf(`import fs, { type Stats, readFile as read, "odd name" as odd } from "node:fs";
import type { Router } from "./router.ts";
import type Engine from "./engine.ts";
import * as path from "node:path";
import "./side-effect.ts";
import legacy = require("./legacy.cjs");
type Deep = import("./deep.ts").Deep.Inner<import("./whole.ts")>;`),
  ).toEqual([
    "node:fs default fs value 1",
    "node:fs Stats Stats type 1",
    "node:fs readFile read value 1",
    "node:fs odd name odd value 1",
    "./router.ts Router Router type 2",
    "./engine.ts default Engine type 3",
    "node:path * path value 4",
    "./side-effect.ts * - value 5",
    "./legacy.cjs * legacy value 6",
    "./deep.ts Deep - type 7",
    "./whole.ts * - type 7",
  ]);
});

test("modules loaded while running", () => {
  const text = `
async function load() {
  const router = await import("./router.ts");
  const { a: b, c } = await import(\`./names.ts\`);
  const d = (await import("./member.ts")).d;
  const later = import("./later.ts");
  await import(name);
  return later.then((module) => module.run());
}`;
  expect(importsOf(text)).toEqual([
    "./router.ts * router value 3",
    "./names.ts a b value 4",
    "./names.ts c c value 4",
    "./member.ts d d value 5",
    "./later.ts * - value 6",
  ]);
  const facts = readTypeScriptFacts("a.ts", text);
  expect(facts.imports.map(({ scope }) => facts.scopes[scope]?.name)).toEqual(Array(5).fill("load"));
  expect(facts.uses.filter(({ kind }) => kind === "dynamic")).toMatchObject([{ chain: ["import"], line: 7 }]);
});

test("require", () => {
  expect(
    importsOf(
      `const x = require("x"), { a: b, c: { d } } = require("y");
const z = require("z").inner;
require("./side-effect");
require("debug")("name");
let later;
later = require("later");
require(name);`,
      "a.cjs",
    ),
  ).toEqual([
    "x * x value 1",
    "y a b value 1",
    "y c d value 1",
    "z inner z value 2",
    "./side-effect * - value 3",
    "debug * - value 4",
    "later * later value 6",
  ]);
});

test("an import is optional when its failure is survived", () => {
  const facts = readTypeScriptFacts(
    "a.ts",
    `let a;
try { a = require("a"); } catch { a = undefined; }
try { require("b"); } catch (error) { throw new Error("b is missing", { cause: error }); }
import("c").catch(() => undefined);
import("d").then(run);
try { function later() { require("e"); } } catch {}`,
  );
  expect(facts.imports.map(({ specifier, isOptional }) => [specifier, isOptional])).toEqual([
    ["a", true],
    ["b", false],
    ["c", true],
    ["d", false],
    ["e", false],
  ]);
});

test("every form of export", () => {
  expect(
    exportsOf(`export { a as b, type T } from "./a.ts";
export * from "./all.ts";
export * as space from "./space.ts";
export type { U } from "./types.ts";
export const one = 1, { two, three: [four] } = make();
export function run() {}
export abstract class Engine {}
export interface Shape {}
export type Alias = Shape;
export enum Color { Red }
export namespace Wire { export const inner = 1; }
const local = 1;
export { local, local as other, local as default };`),
  ).toEqual([
    "b ./a.ts a - value 1",
    "T ./a.ts T - type 1",
    "* ./all.ts * - value 2",
    "space ./space.ts * - value 3",
    "U ./types.ts U - type 4",
    "one - - one value 5",
    "two - - two value 5",
    "four - - four value 5",
    "run - - run value 6",
    "Engine - - Engine value 7",
    "Shape - - Shape type 8",
    "Alias - - Alias type 9",
    "Color - - Color value 10",
    "Wire - - Wire value 11",
    "local - - local value 13",
    "other - - local value 13",
    "default - - local value 13",
  ]);
});

test.each([
  ["export default function () {}", "default", "function"],
  ["export default function run() {}", "run", "function"],
  ["export default () => {};", "default", "function"],
  ["export default class {}", "default", "class"],
  ["export default class Engine {}", "Engine", "class"],
  ["export default interface Shape {}", "Shape", "interface"],
  ["export default { send() {} };", "default", "constant"],
  ["export default make(1);", "default", "constant"],
  ["export = class Engine {};", "Engine", "class"],
  ["module.exports = function () {};", "default", "function"],
  ["module.exports = make();", "default", "constant"],
])("%s is the scope %s", (text, local, kind) => {
  const { exports, scopes } = readTypeScriptFacts("a.ts", text);
  expect(exports).toMatchObject([{ name: "default", local }]);
  expect(scopes[1]).toMatchObject({ name: local, kind, parent: 0 });
});

test("CommonJS exports", () => {
  const text = `exports.a = 1;
exports.run = function () { return inner(); };
module.exports.b = local;
exports.router = require("./router").Router;
module.exports = { c, d: local, send() {}, ...require("./all"), e: require("./e") };
module.exports = require("./whole");
exports.f = exports.g = () => {};`;
  expect(exportsOf(text, "a.js")).toEqual([
    "a - - exports.a value 1",
    "run - - exports.run value 2",
    "b - - local value 3",
    "router ./router Router - value 4",
    "c - - c value 5",
    "d - - local value 5",
    "send - - exports.send value 5",
    "* ./all * - value 5",
    "e ./e * - value 5",
    "* ./whole * - value 6",
    "f - - exports.f value 7",
    "g - - exports.f value 7",
  ]);
  const { scopes, uses } = readTypeScriptFacts("a.js", text);
  expect(scopes.map(({ name }) => name)).toEqual(["", "exports.a", "exports.run", "exports.send", "exports.f"]);
  expect(uses.find(({ chain }) => chain[0] === "inner")?.scope).toBe(2);
});

test("a local name `exports` is no export", () => {
  expect(exportsOf("function f(exports) { exports.a = 1; }", "a.js")).toEqual([]);
});

test.each([
  ["", true],
  [`"use strict"; import "./a.ts"; export * from "./b.ts"; // and a comment`, true],
  [`import { a } from "./a.ts"; export { a };`, true],
  [`const a = require("./a"); module.exports = require("./b");`, true],
  [`import { a } from "./a.ts"; a();`, false],
  ["export const a = 1;", false],
])("%j has only imports: %s", (text, expected) => {
  expect(readTypeScriptFacts("a.js", text).onlyImports).toBe(expected);
});
