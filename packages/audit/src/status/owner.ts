import type { Primitive, Responsibility } from "../config/audit-config.ts";
import type { SymbolId } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import type { Place } from "./uses.ts";

/** Who owns a responsibility, as far as the code has it. */
export interface Owner {
  readonly place: Place | undefined;
  readonly symbol: SymbolId;
  /** The owner, what else is canonical, and their factories. */
  readonly canonical: readonly Place[];
  /** Its public behaviour: methods of a class, else the functions of a module or itself. */
  readonly core: readonly string[];
  /** What only the owner may use. */
  readonly primitives: readonly Primitive[];
  /** The owner is there and does nothing. */
  readonly isHollow: boolean;
}

export function ownerOf(program: Program, { owner, canonical, factories, primitives }: Responsibility): Owner {
  const places = [owner, ...canonical, ...factories].flatMap((symbol): Place[] => {
    const target = program.find(symbol);
    return target.kind === "scope" ? [{ path: target.path, scope: target.scope }] : [];
  });
  const found = program.find(owner);
  const place = found.kind === "scope" ? { path: found.path, scope: found.scope } : undefined;
  if (place === undefined) return { place, symbol: owner, canonical: places, core: [], primitives, isHollow: false };
  const methods = publicMethods(program, place);
  const does = methods.filter((scope) => doesSomething(program, { path: place.path, scope }));
  const itself = program.scope(place);
  // Of a constant only its name is known here; its members stand beside it.
  const isHollow =
    itself.kind !== "constant" &&
    (itself.kind === "function" || itself.kind === "method" ? !doesSomething(program, place) : does.length === 0);
  return {
    place,
    symbol: program.symbolOf(place),
    canonical: places,
    core: methods.map((scope) => program.scope({ path: place.path, scope }).name),
    primitives,
    isHollow,
  };
}

/** Scopes of the methods that others may call, or by which they call what has them; of a function, none. */
export function publicMethods(program: Program, place: Place): readonly number[] {
  return [...program.membersOf(place)]
    .filter(([name, scope]) => {
      const kind = program.kindOf({ path: place.path, scope });
      return (
        (kind === "method" || kind === "function") &&
        (name === "__call__" || !name.startsWith("_")) &&
        !name.startsWith("#") &&
        name !== "constructor" &&
        program.file(place.path)?.isPrivate(scope) === false
      );
    })
    .map(([, scope]) => scope);
}

export function doesSomething(program: Program, { path, scope }: Place): boolean {
  return program.file(path)?.doesSomething(scope) === true;
}
