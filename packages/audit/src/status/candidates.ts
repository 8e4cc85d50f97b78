import type { Responsibility } from "../config/audit-config.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { globTest } from "../files/glob.ts";
import type { Program } from "../resolve/program.ts";
import { subclassesOf } from "../resolve/subclasses-of.ts";
import { type Owner, publicMethods } from "./owner.ts";
import { givesOwner } from "./owner-reach.ts";
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
  /** A name that the module gives to others, where that is no definition of its own. */
  readonly binding?: { readonly name: string; readonly line: number };
}

/** Last words of names of things that are about others of the kind: a `RouterError` routes nothing. */
const aboutOthers: ReadonlySet<string> = new Set(
  `error errors exception exceptions warning failure metrics metric stats statistics options option settings config
  configuration params props type types schema dto event events state kind context provider status request response`.split(
    /\s+/,
  ),
);

/** Who asks about one does not do it: `isRouter`. */
const asking: ReadonlySet<string> = new Set(["is", "has", "can", "should"]);

/** Definitions that resemble the owner, or are declared to be adapters, by path and line. */
export function candidatesOf(program: Program, owner: Owner, responsibility: Responsibility): readonly Candidate[] {
  const excluded = globTest(responsibility.exclude);
  const found = new Map<string, Candidate>();
  // What the owner is made of is no second one.
  const bases = owner.place === undefined ? [] : program.basesOf(owner.place);
  const add = (place: Place, because: Candidate["because"]) => {
    const symbol = program.symbolOf(place);
    const isBase = bases.some(
      (base) => base.kind === "scope" && base.path === place.path && base.scope === place.scope,
    );
    if (isBase && because !== "declared") return;
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
  const subclasses = new Map<string, Set<number>>();
  for (const { path, scope } of owner.place === undefined ? [] : subclassesOf(program, owner.place)) {
    subclasses.set(path, (subclasses.get(path) ?? new Set<number>()).add(scope));
  }
  const like = { owner, ownName, wanted, methods };
  for (const [file, scopes] of scopesLike(program, like, subclasses)) {
    if (excluded(file.path)) continue;
    for (const scope of scopes) {
      const place = { path: file.path, scope };
      const isSubclass = subclasses.get(file.path)?.has(scope) === true;
      const because = reasonFor(program, place, { ...like, isSubclass });
      if (because !== undefined) add(place, because);
    }
  }
  for (const place of program.indexes.filesGiving(ownName)) {
    const file = program.files[place] as PackedFacts;
    if (excluded(file.path)) continue;
    for (const binding of foreignBindings(program, owner, file, ownName)) {
      found.set(`${file.path}#${ownName}`, { path: file.path, scope: 0, because: "alias", binding });
    }
  }
  return [...found.values()].sort((left, right) =>
    left.path === right.path ? left.scope - right.scope : left.path < right.path ? -1 : 1,
  );
}

interface Like {
  readonly owner: Owner;
  readonly ownName: string;
  /** Words of names, and methods. */
  readonly wanted: readonly (readonly string[])[];
  readonly methods: readonly string[];
}

/**
 * Classes and definitions of modules that are worth a look, by what they or their methods are called, and subclasses; by file, in the
 * order of the text.
 */
function scopesLike(
  program: Program,
  { ownName, wanted, methods }: Like,
  subclasses: ReadonlyMap<string, ReadonlySet<number>>,
): ReadonlyMap<PackedFacts, readonly number[]> {
  const { names, indexes } = program;
  const found = new Map<PackedFacts, Set<number>>();
  const add = (file: PackedFacts, scope: number) => {
    if (scope === 0 || !(file.scopeKind(scope) === "class" || isTopLevel(file, scope))) return;
    const scopes = found.get(file);
    if (scopes === undefined) found.set(file, new Set([scope]));
    else scopes.add(scope);
  };
  const withWords = wanted.flatMap(([word]) => (word === undefined ? [] : indexes.definedHaving(word)));
  const alike = new Set([...withWords.filter((id) => hasName(names.nameOf(id), wanted)), names.idOf(ownName)]);
  for (const id of alike)
    indexes.definitions.each(id, (place, scope) => add(program.files[place] as PackedFacts, scope));
  for (const method of methods) {
    indexes.definitions.each(names.idOf(method), (place, scope) => {
      const file = program.files[place] as PackedFacts;
      add(file, file.parentOf(scope));
    });
  }
  // Members of objects are called `mail.send`.
  const ofObjects = methods.flatMap((method) => indexes.memberNames.get(method) ?? []);
  for (const id of new Set(ofObjects)) {
    indexes.definitions.each(id, (place, scope) => {
      const file = program.files[place] as PackedFacts;
      add(file, file.parentOf(scope));
    });
  }
  for (const [path, scopes] of subclasses) {
    const file = program.file(path);
    if (file !== undefined) for (const scope of scopes) add(file, scope);
  }
  return new Map([...found].map(([file, scopes]) => [file, [...scopes].sort((left, right) => left - right)]));
}

/** A member of an object literal stands in its constant, and is as good as one of the module. */
function isTopLevel(file: PackedFacts, scope: number): boolean {
  const parent = file.parentOf(scope);
  return parent === 0 || (file.scopeKind(parent) === "constant" && file.parentOf(parent) === 0);
}

/** Where a module gives the owner's name to another definition: `export { Other as Owner }`, `from other import Other as Owner`. */
function foreignBindings(
  program: Program,
  owner: Owner,
  file: PackedFacts,
  ownName: string,
): readonly { readonly name: string; readonly line: number }[] {
  const renamed = [
    ...file.exports.filter(({ name, imported, local }) => name === ownName && (imported ?? local ?? name) !== ownName),
    ...file.imports.filter(({ local, imported, scope }) => scope === 0 && local === ownName && imported !== ownName),
  ].filter(({ isType }) => !isType);
  if (renamed.length === 0) return [];
  const given = program.exported(file.path, ownName);
  const target = given.kind === "unresolved" ? program.evaluate(file.path, 0, [ownName]) : given;
  if (target.kind !== "scope" || target.scope === 0) return [];
  const isOwner = owner.canonical.some(({ path, scope }) => path === target.path && scope === target.scope);
  return isOwner ? [] : renamed.slice(0, 1).map(({ line }) => ({ name: ownName, line }));
}

function reasonFor(
  program: Program,
  place: Place,
  like: Like & { readonly isSubclass: boolean },
): Candidate["because"] | undefined {
  const kind = program.kindOf(place);
  const name = program.nameOf(place);
  if (kind === "constant" && name === like.ownName) return "alias";
  // An object of functions is as good as a class; those that are called like it are looked at one by one.
  if (kind === "constant") return hasMethods(program, place, like.methods) ? "methods" : undefined;
  if (kind !== "class" && kind !== "function") return undefined;
  if (kind === "function" && givesOwner(program, like.owner, place)) return undefined;
  if (name === like.ownName) return "same name";
  if (like.isSubclass) return "subclass";
  const because = hasName(name, like.wanted)
    ? "name"
    : hasMethods(program, place, like.methods)
      ? "methods"
      : undefined;
  return because !== undefined && kind === "class" && onlySaysWhat(program, place) ? undefined : because;
}

function hasName(name: string, wanted: readonly (readonly string[])[]): boolean {
  const tokens = nameTokens(name);
  const last = tokens.at(-1) ?? "";
  const isAboutOthers = aboutOthers.has(last) && !wanted.some((words) => words.includes(last));
  return (
    !isAboutOthers &&
    !asking.has(tokens[0] ?? "") &&
    wanted.some((words) => words.length > 0 && words.every((word) => tokens.includes(word)))
  );
}

/** Of a class or an object: two of these methods, or the one that is asked for. */
function hasMethods(program: Program, place: Place, methods: readonly string[]): boolean {
  if (methods.length === 0 || program.kindOf(place) === "function") return false;
  const own = publicMethods(program, place).map((scope) => lastPart(program.nameOf({ path: place.path, scope })));
  return own.filter((method) => methods.includes(method)).length >= Math.min(2, methods.length);
}

/** `send` of `mail.send`, as members of objects are called. */
function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** A protocol or an abstract class without a body anywhere: what is asked for, and nobody who does it. */
function onlySaysWhat(program: Program, place: Place): boolean {
  const { bases } = program.scope(place);
  const methods = [...program.membersOf(place).values()].map((scope) => program.scope({ path: place.path, scope }));
  const isDeclared =
    bases.some(({ isInterface }) => isInterface) ||
    methods.some(({ decorators }) => decorators.some((chain) => chain.at(-1) === "abstractmethod"));
  return isDeclared && methods.length > 0 && methods.every(({ isEmpty }) => isEmpty);
}
