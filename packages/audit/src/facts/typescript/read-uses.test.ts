import { expect, test } from "vitest";
import type { UseFact } from "../file-facts.ts";
import { readTypeScriptFacts } from "./read-typescript-facts.ts";

const usesOf = (text: string, path = "a.ts"): readonly UseFact[] => readTypeScriptFacts(path, text).uses;

const lines = (text: string, path = "a.ts") =>
  usesOf(text, path).map(({ kind, chain }) => `${kind} ${chain.join(".")}`);

test("calls, from the innermost", () => {
  expect(lines(`a.b?.["c"].d(e.f(), new G<H>(i));`)).toEqual([
    "call a.b.c.d",
    "call e.f",
    "call G",
    "type H",
    "reference i",
  ]);
  expect(lines("makeRouter().send(1).then(done);")).toEqual([
    "call makeRouter",
    "call makeRouter.().send",
    "call makeRouter.().send.().then",
    "reference done",
  ]);
  expect(lines(`(await get()).send(); (a || b).run(); "x".trim(); (x as Router).go();`)).toEqual([
    "call get",
    "call get.().send",
    "reference a",
    "reference b",
    "call ?.run",
    "call ?.trim",
    "type Router",
    "call x.go",
  ]);
  expect(lines(`sql\`select \${id}\`;`)).toEqual(["call sql", "reference id"]);
});

test("this and super", () => {
  expect(
    lines("class A extends B { constructor() { super(1); } run() { super.run(); this.#x.y(); return this.z; } }"),
  ).toEqual(["reference B", "call super", "call super.run", "call this.#x.y", "reference this.z"]);
});

test("plain reads of parameters and locals are no uses", () => {
  expect(
    lines(`import { imported } from "./x.ts";
const top = 1;
function f(parameter, { destructured }, [first]) {
  const local = parameter;
  var hoisted = local;
  function nested() {}
  try {} catch (error) { register(error); }
  for (const item of parameter) register(item);
  register(parameter, destructured, first, local, hoisted, nested, imported, top, f, unknown, undefined);
  return { local, key: local, [local]: 1, named: top };
}`),
  ).toEqual([
    "call register",
    "call register",
    "call register",
    ...["nested", "imported", "top", "f", "unknown"].map((name) => `reference ${name}`),
    "reference top",
  ]);
});

test("a name shadows only where it is declared", () => {
  expect(lines("const a = 1; { let a = 2; use(a); } use(a); function f() { use(b); { var b = 1; } }")).toEqual([
    "call use",
    "call use",
    "reference a",
    "call use",
  ]);
});

test("members that are set are references, unless they are fields", () => {
  expect(
    lines("class A { run() { this.x = 1; this.y.z = 2; other.w = 3; window[name] = 4; delete other.v; } }"),
  ).toEqual(["reference this.y.z", "reference other.w", "reference name", "reference window.[]", "reference other.v"]);
});

test("types", () => {
  expect(
    lines(`function f<T extends Base>(a: Map<string, T>, b: wire.Router): a is Checked { return a as unknown as Cast; }
type Alias<K> = { [P in keyof K]: K[P] } | typeof top | (<U>(x: U) => U) | (K extends Array<infer V> ? V : never);
class A implements Shape<Inner> {}
const top = <const>["x"] satisfies List;`),
  ).toEqual([
    "type Base",
    "type Map",
    "type wire.Router",
    "type Checked",
    "type Cast",
    "type top",
    "type Array",
    "type Shape",
    "type Inner",
    "type List",
  ]);
});

test("decorators", () => {
  expect(usesOf(`@Injectable({ scope: "x" }) class A { @Memo("key") run(@Inject(Token) x) {} }`)).toMatchObject([
    { kind: "decorator", chain: ["Injectable"], scope: 0, strings: ["scope"], arguments: 1 },
    { kind: "decorator", chain: ["Memo"], scope: 1, strings: ["key"], arguments: 1 },
    { kind: "decorator", chain: ["Inject"], scope: 2, strings: [], arguments: 1 },
    { kind: "reference", chain: ["Token"], scope: 2 },
  ]);
});

test("what code cannot say", () => {
  expect(
    lines(`eval("x"); new Function("y"); import(a); require(b); c[d](); e["f"](); g[0](); new h[i]();`).filter(
      (line) => !line.startsWith("reference"),
    ),
  ).toEqual([
    "dynamic eval",
    "dynamic Function",
    "dynamic import",
    "dynamic require",
    "dynamic c.[]",
    "call e.f",
    "call g.0",
    "dynamic h.[]",
  ]);
});

test("components are called with their attributes", () => {
  expect(
    usesOf(
      `const page = <Layout title="x" {...rest}><div onClick={go}><a.b.C /></div><>{list.map(render)}</></Layout>;`,
      "a.tsx",
    ),
  ).toMatchObject([
    { kind: "call", chain: ["Layout"], strings: ["title"], arguments: 1 },
    { kind: "reference", chain: ["rest"] },
    { kind: "reference", chain: ["go"] },
    { kind: "call", chain: ["a", "b", "C"], strings: [], arguments: 0 },
    { kind: "call", chain: ["list", "map"], arguments: 1 },
    { kind: "reference", chain: ["render"] },
  ]);
});

test("literal strings among the arguments", () => {
  const strings = (text: string) => usesOf(text)[0]?.strings;
  expect(strings(`f("a", 1, \`b\`, \`\${c}\`, "d" as D)`)).toEqual(["a", "b", "d"]);
  expect(strings(`f({ a: 1, "b c": 2, [d]: 3, ...e, f() {} }, "g", "h")`)).toEqual(["a", "b c", "f", "g"]);
  expect(strings(`f(x, { a: 1 })`)).toEqual([]);
  expect(strings(`f("${"x".repeat(200)}")`)).toEqual(["x".repeat(100)]);
});

test("the line of a use is that of the last name of its chain", () => {
  expect(usesOf("make()\n  .then(a)\n  .catch(b);").map(({ chain, line }) => [chain.at(-1), line])).toEqual([
    ["make", 1],
    ["then", 2],
    ["a", 2],
    ["catch", 3],
    ["b", 3],
  ]);
});

test("the innermost place of a use", () => {
  const text = `function f(x) {
  plain();
  if (x.ready) branch1(); else branch2();
  if (process.env.MODE === "x") { flag1(); } else { flag2(); }
  if (settings.useNew) { for (;;) flag3(); }
  try { plain2(); } catch (error) { handler1(); if (x) handler4(); if (settings.x) flag6(); } finally { plain3(); }
  load().catch((error) => handler2(error)).then(() => plain4(), () => handler3());
  x ? branch4() : branch5();
  isEnabled("x") && flag4();
  x ?? branch6();
  switch (x) { case 1: branch7(); }
  switch (features.mode) { default: flag5(); }
  if (x) { list.map(() => branch8()); const g = () => plain5(); }
  if (user.reuse()) branch9();
  if (settings.useNew) { if (x) flag7(); }
}`;
  const places = usesOf(text)
    .map(({ chain, place }) => [chain.at(-1) ?? "", place] as const)
    .filter(([name]) => /^(?:plain|branch|flag|handler)\d*$/.test(name));
  expect(places).toHaveLength(24);
  for (const [name, place] of places) expect([name, place]).toEqual([name, name.replace(/\d/, "")]);
});

test("a member that is taken out of a value is a use of it", () => {
  expect(
    lines("function f(socket) { const { send, inner: { stop: halt } } = socket; const [first] = socket; }"),
  ).toEqual(["reference socket.send", "reference socket.inner.stop"]);
});
