import type { Evidence } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { ownReach } from "./owner-reach.ts";
import { type Place, samePlace, type Uses } from "./uses.ts";

export function ownStateOrLoop(
  program: Program,
  uses: Uses,
  place: Place,
  methods: readonly number[],
): Evidence | undefined {
  const { path } = place;
  const reach = methods.flatMap((scope) => ownReach(program, uses, { path, scope }));
  for (const each of reach) {
    const method = program.scope(each);
    if (method.loops > 0) return { path, line: method.line, text: `${method.name} has a loop of its own` };
  }
  const bindings = program.file(path)?.bindings ?? [];
  const state = bindings.find(
    ({ scope, kind, isLate, isLiteral, name }) =>
      scope === place.scope &&
      kind === "field" &&
      (isLate ? !holdsItself(program, place, name) : isLiteral && isChangedInside(uses, place, name)),
  );
  if (state !== undefined) return { path, line: state.line, text: `${state.name} is state of its own` };
  // What stands beside a function and is changed by it.
  for (const { scope, name, isLiteral, line } of bindings) {
    if (scope !== 0 || !isLiteral) continue;
    const text = `${name} is state of its own, beside it`;
    if (reach.some((each) => changes(program, uses, each, name))) return { path, line, text };
  }
  return undefined;
}

const changingMethod =
  /^(add|append|clear|delete|discard|extend|insert|pop|popitem|push|remove|set|setdefault|shift|splice|unshift|update)$/;

/** The one instance that a class keeps of itself. */
function holdsItself(program: Program, place: Place, field: string): boolean {
  const held = program.evaluate(place.path, place.scope, [field]);
  return held.kind === "instance" && samePlace(held, place);
}

/** Does a class change a collection of its own, or pick elements of it? A constant that it has is no state. */
function isChangedInside(uses: Uses, place: Place, field: string): boolean {
  return uses.within(place).some(({ use: { kind, chain } }) => {
    const at = chain.indexOf(field);
    if (at < 1 || at > 2) return false;
    const rest = chain.slice(at + 1);
    return rest.includes("[]") || (kind === "call" && rest.some((part) => changingMethod.test(part)));
  });
}

/** Does a function change the collection that has this name in its module? */
function changes(program: Program, uses: Uses, place: Place, name: string): boolean {
  const bindings = program.file(place.path)?.bindings ?? [];
  if (bindings.some(({ scope, name: own }) => scope === place.scope && own === name)) return false;
  if (bindings.some(({ scope, name: own, from }) => scope === 0 && own === name && from === place.scope)) return true;
  return uses.within(place).some(({ use: { kind, chain } }) => {
    if (chain[0] !== name) return false;
    return kind === "call" && chain.some((part) => changingMethod.test(part));
  });
}
