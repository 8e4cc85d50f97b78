import type { Responsibility } from "../config/audit-config.ts";
import type { FileFacts } from "../facts/file-facts.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { globTest } from "../files/glob.ts";
import type { Program } from "../resolve/program.ts";
import { subclassesOf } from "../resolve/subclasses-of.ts";
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
  /** A name that the module gives to others, where that is no definition of its own. */
  readonly binding?: { readonly name: string; readonly line: number };
}

/** Last words of names of things that are about others of the kind: a `RouterError` routes nothing. */
const aboutOthers: ReadonlySet<string> = new Set(
  `error errors exception exceptions warning failure metrics metric stats statistics options option settings config
  configuration params props type types schema`.split(/\s+/),
);

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
  const subclasses = new Map<string, Set<number>>();
  for (const { path, scope } of owner.place === undefined ? [] : subclassesOf(program, owner.place)) {
    subclasses.set(path, (subclasses.get(path) ?? new Set<number>()).add(scope));
  }
  const named = new Set(program.filesWith([ownName]));
  const doing = new Set(program.filesWith(methods));
  for (const file of program.files) {
    if (excluded(file.path)) continue;
    const isNamed = named.has(file);
    const inherits = subclasses.get(file.path);
    // Most files are told by their names to have nothing that is alike.
    if (isNamed || inherits !== undefined || hasWords(file.text(), wanted) || doing.has(file)) {
      for (let scope = 1; scope < file.scopeCount; scope++) {
        if (file.scopeKind(scope) !== "class" && !isTopLevel(file, scope)) continue;
        const place = { path: file.path, scope };
        const isSubclass = inherits?.has(scope) === true;
        const because = reasonFor(program, place, { ownName, wanted, methods, isSubclass });
        if (because !== undefined) add(place, because);
      }
    }
    for (const binding of isNamed ? foreignBindings(program, owner, file, ownName) : []) {
      found.set(`${file.path}#${ownName}`, { path: file.path, scope: 0, because: "alias", binding });
    }
  }
  return [...found.values()].sort((left, right) =>
    left.path === right.path ? left.scope - right.scope : left.path < right.path ? -1 : 1,
  );
}

/** A member of an object literal stands in its constant, and is as good as one of the module. */
function isTopLevel(file: PackedFacts, scope: number): boolean {
  const parent = file.parentOf(scope);
  return parent === 0 || (file.scopeKind(parent) === "constant" && file.parentOf(parent) === 0);
}

/** Are all words of one of the names in a text? Then one name of it may have them all. */
function hasWords(text: string, names: readonly (readonly string[])[]): boolean {
  const lower = text.toLowerCase();
  return names.some((words) => words.length > 0 && words.every((word) => lower.includes(word)));
}

/** Where a module gives the owner's name to another definition: `export { Other as Owner }`, `from other import Other as Owner`. */
function foreignBindings(
  program: Program,
  owner: Owner,
  file: FileFacts,
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
  like: {
    readonly ownName: string;
    readonly wanted: readonly (readonly string[])[];
    readonly methods: readonly string[];
    readonly isSubclass: boolean;
  },
): Candidate["because"] | undefined {
  const { kind, name } = program.scope(place);
  if (kind === "constant") return name === like.ownName ? "alias" : undefined;
  if (kind !== "class" && kind !== "function") return undefined;
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
  if (!hasWords(name, wanted)) return false;
  const tokens = nameTokens(name);
  const isAboutOthers = aboutOthers.has(tokens.at(-1) ?? "");
  return !isAboutOthers && wanted.some((words) => words.length > 0 && words.every((word) => tokens.includes(word)));
}

/** Of a class: two of these methods, or the one that is asked for. */
function hasMethods(program: Program, place: Place, methods: readonly string[]): boolean {
  if (methods.length === 0 || program.scope(place).kind !== "class") return false;
  const own = publicMethods(program, place).map((scope) => program.scope({ path: place.path, scope }).name);
  return own.filter((method) => methods.includes(method)).length >= Math.min(2, methods.length);
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
