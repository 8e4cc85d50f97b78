import type { Responsibility } from "../config/audit-config.ts";
import { globTest } from "../files/glob.ts";
import type { Program } from "../resolve/program.ts";
import { type Owner, publicMethods } from "./owner.ts";
import type { Place } from "./uses.ts";

/** Parts of a name in lower case: `HTTPMessageRouter_v2` → http, message, router, v2. */
export function nameTokens(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((token) => token !== "");
}

/** A definition that may be a member of the responsibility, and why it is looked at. */
export interface Candidate extends Place {
  readonly because: "declared" | "name" | "methods" | "subclass" | "same name" | "alias";
}

/** Definitions that resemble the owner, or are declared to be adapters, by path and line. */
export function candidatesOf(program: Program, owner: Owner, responsibility: Responsibility): readonly Candidate[] {
  const excluded = globTest(responsibility.exclude);
  const found = new Map<string, Candidate>();
  const add = (place: Place, because: Candidate["because"]) => {
    const symbol = program.symbolOf(place);
    const isOwner = owner.canonical.some(({ path, scope }) => path === place.path && scope === place.scope);
    if (!isOwner && !found.has(symbol)) found.set(symbol, { ...place, because });
  };
  for (const { symbol } of responsibility.adapters) {
    const target = program.find(symbol);
    if (target.kind === "scope") add(target, "declared");
  }
  const ownName =
    owner.symbol
      .slice(owner.symbol.lastIndexOf("#") + 1)
      .split(".")
      .at(-1) ?? "";
  const wanted = responsibility.match.names.map((words) => nameTokens(words));
  const { methods } = responsibility.match;
  for (const file of program.files) {
    if (excluded(file.path)) continue;
    for (const [index, scope] of file.scopes.entries()) {
      if (index === 0 || (scope.parent !== 0 && scope.kind !== "class")) continue;
      const place = { path: file.path, scope: index };
      const because = reasonFor(program, owner, place, { ownName, wanted, methods });
      if (because !== undefined) add(place, because);
    }
  }
  return [...found.values()].sort((left, right) =>
    left.path === right.path ? left.scope - right.scope : left.path < right.path ? -1 : 1,
  );
}

function reasonFor(
  program: Program,
  owner: Owner,
  place: Place,
  like: {
    readonly ownName: string;
    readonly wanted: readonly (readonly string[])[];
    readonly methods: readonly string[];
  },
): Candidate["because"] | undefined {
  const { kind, name } = program.scope(place);
  if (kind === "constant") return name === like.ownName ? "alias" : undefined;
  if (kind !== "class" && kind !== "function") return undefined;
  if (name === like.ownName) return "same name";
  if (kind === "class" && isSubclass(program, owner, place)) return "subclass";
  const tokens = nameTokens(name);
  if (like.wanted.some((words) => words.length > 0 && words.every((word) => tokens.includes(word)))) return "name";
  if (kind !== "class" || like.methods.length === 0) return undefined;
  const own = publicMethods(program, place).map((scope) => program.scope({ path: place.path, scope }).name);
  return own.filter((method) => like.methods.includes(method)).length >= Math.min(2, like.methods.length)
    ? "methods"
    : undefined;
}

function isSubclass(program: Program, owner: Owner, place: Place): boolean {
  return program
    .basesOf(place)
    .some((base) => base.kind === "scope" && base.path === owner.place?.path && base.scope === owner.place.scope);
}
