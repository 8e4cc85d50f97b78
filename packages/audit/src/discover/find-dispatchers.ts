import type { Evidence } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { nameTokens } from "../status/candidates.ts";
import { doesSomething, publicMethods } from "../status/owner.ts";
import type { Place, Uses } from "../status/uses.ts";
import { stem } from "../who/who.ts";
import { areVariants } from "./are-variants.ts";
import { findingMember } from "./finding-member.ts";
import { handsOn } from "./hands-on.ts";
import type { Unnamed } from "./unnamed-finding.ts";

/** A class with a table that others fill, and a method that finds something in it and calls it. */
interface Dispatcher extends Place {
  readonly name: string;
  readonly methods: readonly string[];
  /** What fills the table, and what dispatches. */
  readonly registering: number;
  readonly dispatching: number;
  /** What it dispatches: stems of the names of the dispatching method, of its parameters, and of the class. */
  readonly nouns: ReadonlySet<string>;
}

const registerVerbs = words("add register attach subscribe set use");
/** These say it alone, with a name and somebody for it. */
const bareVerbs = words("register on subscribe");
const registered = words(
  "handler route middleware listener subscriber callback tool command receiver observer consumer hook responder endpoint executor agent worker",
);
const dispatchVerbs = words("route handle dispatch execute invoke process call broadcast emit publish deliver");
/** What is dispatched; of anything else many classes have tables. */
const dispatched = words("message event tool command request notification signal job task action packet query intent");
/** More than this many are a convention. */
const dispatchersMax = 6;

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" ").map(stem));
}

/** Classes of production that each keep a table of who handles what, for the same kind of thing, and do not know each other. */
export function findDispatchers(program: Program, uses: Uses, isOwn: (path: string) => boolean): readonly Unnamed[] {
  const groups = new Map<string, Dispatcher[]>();
  const all = dispatchersOf(program, isOwn);
  uses.lookFor(all);
  for (const dispatcher of all) {
    for (const noun of dispatcher.nouns) {
      const same = groups.get(noun);
      if (same === undefined) groups.set(noun, [dispatcher]);
      else same.push(dispatcher);
    }
  }
  return [...groups].flatMap(([noun, group]) => judge(program, uses, noun, group) ?? []);
}

function dispatchersOf(program: Program, isOwn: (path: string) => boolean): readonly Dispatcher[] {
  return program.files.flatMap((file) => {
    if (!isOwn(file.path)) return [];
    return program.topLevel(file, "class").flatMap((index): Dispatcher[] => {
      const scope = file.scope(index);
      const place = { path: file.path, scope: index };
      const all = publicMethods(program, place).filter((method) =>
        doesSomething(program, { path: file.path, scope: method }),
      );
      const scopeOf = (method: number) => program.scope({ path: file.path, scope: method });
      const registering = all.find((method) => {
        const [verb = "", ...rest] = nameTokens(scopeOf(method).name).map(stem);
        const { parameters } = scopeOf(method);
        // `on(kind, handler)`
        if (rest.length === 0) return bareVerbs.has(verb) && parameters.length >= 2;
        const isFilled = registerVerbs.has(verb) && rest.some((word) => registered.has(word));
        return isFilled && parameters.length > 0;
      });
      const dispatching = all.find((method) => {
        const [verb = ""] = nameTokens(scopeOf(method).name).map(stem);
        return method !== registering && dispatchVerbs.has(verb) && scopeOf(method).parameters.length > 0;
      });
      if (registering === undefined || dispatching === undefined) return [];
      const { name, parameters } = scopeOf(dispatching);
      const named = [name, scope.name, ...parameters].flatMap(nameTokens).map(stem);
      const nouns = new Set(named.filter((word) => dispatched.has(word)));
      const methods = all.map((method) => scopeOf(method).name);
      return [{ ...place, name: scope.name, methods, registering, dispatching, nouns }];
    });
  });
}

function judge(program: Program, uses: Uses, noun: string, group: readonly Dispatcher[]): Unnamed | undefined {
  // Whoever hands on to one of the others, or is made from it, is a layer over it.
  const own = group.filter((one) => group.every((other) => other === one || !handsOn(program, uses, one, other)));
  const apart = own.filter(({ path }, index) => own.findIndex((other) => other.path === path) === index);
  const live = apart.filter((one) => sitesOf(uses, one) > 0);
  if (live.length < 2 || live.length > dispatchersMax || areVariants(program, live)) return undefined;
  if (live.some((one) => live.some((other) => one !== other && areVariants(program, [one, other])))) return undefined;
  const lineOf = ({ path }: Dispatcher, scope: number) => program.scope({ path, scope });
  const evidence = live.flatMap((one) =>
    [one.registering, one.dispatching].map((scope): Evidence => {
      const { line, name } = lineOf(one, scope);
      return { path: one.path, line, text: `${one.name}.${name}` };
    }),
  );
  return {
    kind: "rivals",
    confidence: live.length >= 3 ? "high" : "medium",
    score: Math.round((0.5 + 0.1 * Math.min(4, live.length)) * 1_000) / 1_000,
    title: `${live.map(({ name }) => name).join(", ")}: ${live.length} tables of who handles ${/^[aeiou]/.test(nounText(noun)) ? "an" : "a"} ${nounText(noun)}`,
    members: live.map((one) => findingMember(program, one, sitesOf(uses, one), one.methods)),
    evidence,
  };
}

function nounText(noun: string): string {
  return (
    [..."message event tool command request notification signal job task action packet query intent".split(" ")].find(
      (word) => stem(word) === noun,
    ) ?? noun
  );
}

/** What its own file makes of it shows no use. */
function sitesOf(uses: Uses, dispatcher: Dispatcher): number {
  return uses.siteCount(dispatcher, { onlyOthers: true });
}
