import type { Program } from "../resolve/program.ts";
import type { Place } from "../status/uses.ts";

/**
 * Are these variants of one thing, which are meant to be many? Classes with a base in common, also one that is only known by name, and
 * definitions whose paths differ in one folder (`backends/mysql/schema.py`, `backends/sqlite/schema.py`): one for each plugin.
 */
export function areVariants(program: Program, places: readonly Place[]): boolean {
  return haveCommonBase(program, places) || areSiblings(places.map(({ path }) => path));
}

function haveCommonBase(program: Program, places: readonly Place[]): boolean {
  const [first, ...rest] = places.map((place) => new Set(basesOf(program, place)));
  return [...(first ?? [])].some((base) => rest.every((bases) => bases.has(base)));
}

function basesOf(program: Program, place: Place): string[] {
  const scope = program.scope(place);
  if (scope.kind !== "class") return [];
  const resolved = program
    .basesOf(place)
    .flatMap((base) =>
      base.kind === "scope" ? [program.symbolOf(base)] : base.kind === "external" ? [base.name] : [],
    );
  return [...resolved, ...scope.bases.map(({ chain }) => chain.join("."))].filter((name) => name !== "object");
}

function areSiblings(paths: readonly string[]): boolean {
  const [first = [], ...rest] = paths.map((path) => path.split("/"));
  if (rest.some(({ length }) => length !== first.length)) return false;
  const differing = first.filter((part, index) => rest.some((other) => other[index] !== part));
  const isFolder = first.findIndex((part, index) => rest.some((other) => other[index] !== part)) < first.length - 1;
  return differing.length === 1 && isFolder;
}
