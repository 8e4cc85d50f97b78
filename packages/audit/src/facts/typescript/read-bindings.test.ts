import { expect, test } from "vitest";
import { readTypeScriptFacts } from "./read-typescript-facts.ts";

/** `scope name kind: type = value`, then `literal` and `late`. */
const bindingsOf = (text: string, path = "a.ts") => {
  const { bindings, scopes } = readTypeScriptFacts(path, text);
  return bindings.map(({ scope, name, kind, type, value, from, isLiteral, isLate }) =>
    [
      `${scopes[scope]?.name || "module"} ${kind} ${name}`,
      ...(type === undefined ? [] : [`: ${type.join(".")}`]),
      ...(value === undefined ? [] : [`= ${value.join(".")}`]),
      ...(from === undefined ? [] : [`from ${scopes[from]?.name}`]),
      ...(isLiteral ? ["literal"] : []),
      ...(isLate ? ["late"] : []),
    ].join(" "),
  );
};

test("what a name gets", () => {
  expect(
    bindingsOf(`function f() {
  const a = new Router(1), b = make().x, c = y.z, d = p ?? q, e = 0 || s;
  const g = (await h()) as Router, i = this, j = list[0], k = list[at], l = x?.y!.z;
  const m = {}, n = [], o = -1, r = \`t\`, t = null, u = undefined, v = new Map(), w = /x/;
  const { aa, bb: { cc = 1 }, ...dd } = make(), [ee, , ff] = pair();
  for (const item of items) {}
  for (const key in items) {}
  let x = 1; x = y; x += 1; x += y; x++;
  ({ aa: x } = make());
}`),
  ).toEqual([
    "f variable a = Router.()",
    "f variable b = make.().x",
    "f variable c = y.z",
    "f variable d = p",
    "f variable e = s",
    "f variable g = h.()",
    "f variable i = this",
    "f variable j = list.0",
    "f variable k = list.[]",
    "f variable l = x.y.z",
    ...["m", "n", "o", "r", "t", "u"].map((name) => `f variable ${name} literal`),
    "f variable v = Map.() literal",
    "f variable w literal",
    "f variable aa = make.().aa",
    "f variable cc = make.().bb.cc literal",
    "f variable dd",
    "f variable ee = pair.().0",
    "f variable ff = pair.().2",
    "f variable item = items.[]",
    "f variable key",
    "f variable x literal",
    "f variable x = y",
    "f variable x literal",
    "f variable x",
    "f variable x literal",
    "f variable x = make.().aa",
  ]);
});

test("declared types, without their arguments", () => {
  expect(
    bindingsOf(`function f(
  a: Map<string, Router>, b: Router | undefined, c?: wire.Router, d: string = "x", e: Router[], f: readonly Router[],
  g: string | Router, h: typeof x, i: () => void, j: any, k: "a" | "b", ...l: string[]
) {}`),
  ).toEqual([
    "f parameter a : Map",
    "f parameter b : Router",
    "f parameter c : wire.Router",
    "f parameter d : string literal",
    "f parameter e : Array",
    "f parameter f : Array",
    "f parameter g : Router",
    "f parameter h",
    "f parameter i",
    "f parameter j",
    "f parameter k",
    "f parameter l : Array",
  ]);
});

test("fields, and when they change", () => {
  expect(
    bindingsOf(`class Engine {
  readonly router: Router;
  #count = 0;
  static instance = new Engine();
  send = () => { this.sent = 1; };
  constructor(private readonly log: Log, router = makeRouter()) {
    this.router = router;
    later(() => { this.ready = true; });
  }
  run() { this.#count += 1; this["state"] = next(); this.other.x = 1; }
}`),
  ).toEqual([
    "Engine field router : Router",
    "Engine field #count literal",
    "Engine field instance = Engine.()",
    "Engine field sent from send literal late",
    "constructor parameter log : Log",
    "Engine field log : Log = log from constructor",
    "constructor parameter router = makeRouter.()",
    "Engine field router = router from constructor",
    "Engine field ready from constructor literal late",
    "Engine field #count from run literal late",
    "Engine field state = next.() from run late",
  ]);
});

test("variables of the module that a function sets are late", () => {
  expect(
    bindingsOf(`let cache: Router | undefined;
cache = first();
function f() { cache = make(); let own; own = 1; return () => { own = 2; }; }
function g(cache) { cache = 1; }`),
  ).toEqual([
    "module variable cache : Router",
    "module variable cache = first.()",
    "module variable cache = make.() from f late",
    "f variable own",
    "f variable own literal",
    "f variable own literal late",
    "g parameter cache",
    "g variable cache literal",
  ]);
});

test("members of an enum and of an interface are fields", () => {
  expect(bindingsOf(`enum Color { Red, Green = "g" }\ninterface Shape { name: string; "odd name"?: Color }`)).toEqual([
    "Color field Red literal",
    "Color field Green literal",
    "Shape field name : string",
    "Shape field odd name : Color",
  ]);
});
