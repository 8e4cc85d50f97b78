import { dirname } from "node:path";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { useCell } from "../facts/packed-layout.ts";
import type { Evidence, FindingMember } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { nameTokens } from "../status/candidates.ts";
import type { Place, Uses } from "../status/uses.ts";
import { stem } from "../who/who.ts";
import { areVariants } from "./are-variants.ts";
import { findingMember } from "./finding-member.ts";
import type { Unnamed } from "./unnamed-finding.ts";

/** A class, function, constant or module of production that dispatches on literal texts. */
interface KeyHolder extends Place {
  readonly name: string;
  /** Each key with the line of the function that dispatches on it, or that registers somebody for it. */
  readonly keys: Map<string, number>;
}

interface Pair {
  readonly left: KeyHolder;
  readonly right: KeyHolder;
  readonly shared: readonly string[];
}

/** Of the function that dispatches, or of what it stands in: a `render` that looks at the same words does something with them. */
const dispatching = new Set(
  "route router handle handler dispatch dispatcher execute invoke process processor hub gateway bus controller receive command reducer consumer inbox tool"
    .split(" ")
    .map(stem),
);
const registering =
  /^(on|register|subscribe|route|command|set)$|^(add|register|set|attach)_?(route|handler|listener|command|tool|callback|action|consumer)s?$/i;
/** Decorators that say for which message a function or a method is; a path of a page is no message. */
const registeringDecorator =
  /^(on|on_?event|subscribe|subscribe_?message|message_?pattern|event_?pattern|handler|handles|listener|command|receiver|register)$/i;
/** Words that say what they are about: `user_message`, `agent.start`, `stopAgent`. Single words are everybody's. */
const severalWords = /^[\w.:/ -]*(?:[a-z0-9][_.:/ -][a-z0-9]|[a-z0-9][A-Z][a-z])[\w.:/ -]*$/;
const severalWordsInCapitals = /^[A-Z0-9]+(?:_[A-Z0-9]+)+$/;
/** Forms of data, not of messages. */
const dataWords = /^(text|image|audio|video|application|multipart|content|x)[/-]|utf|^\d|[/\\]$/i;
/** A key that more than these hold is a convention, or a protocol of somebody else. */
const holdersMax = 6;
const sharedMin = 3;
const telling = 2;

/** Definitions that dispatch on the same words, in files that do not import each other. */
export function findSharedKeys(program: Program, uses: Uses, isOwn: (path: string) => boolean): readonly Unnamed[] {
  const holders = program.files.flatMap((file) => (isOwn(file.path) ? holdersIn(program, file) : []));
  const byKey = new Map<string, KeyHolder[]>();
  for (const holder of holders) {
    for (const key of holder.keys.keys()) {
      const same = byKey.get(key);
      if (same === undefined) byKey.set(key, [holder]);
      else same.push(holder);
    }
  }
  const pairs = new Map<KeyHolder, Map<KeyHolder, string[]>>();
  for (const [key, same] of byKey) {
    if (same.length < 2 || same.length > holdersMax) continue;
    for (const [index, left] of same.entries()) {
      for (const right of same.slice(index + 1)) {
        const rights = pairs.get(left) ?? new Map<KeyHolder, string[]>();
        pairs.set(left, rights);
        rights.set(right, [...(rights.get(right) ?? []), key]);
      }
    }
  }
  const rivals = [...pairs]
    .flatMap(([left, rights]) => [...rights].map(([right, shared]): Pair => ({ left, right, shared })))
    .filter((pair) => areRivals(program, pair));
  uses.lookFor(rivals.flatMap(({ left, right }) => [left, right]));
  return rivals.map((pair) => findingOf(program, uses, pair));
}

function areRivals(program: Program, { left, right, shared }: Pair): boolean {
  if (shared.length < sharedMin || shared.filter(isTelling).length < telling) return false;
  if (left.path === right.path || areVariants(program, [left, right])) return false;
  if (areRecords(program, left, right)) return false;
  return !knows(program, left, right) && !knows(program, right, left);
}

function isTelling(key: string): boolean {
  return severalWords.test(key) || severalWordsInCapitals.test(key);
}

/** Constants of one form, side by side in a folder: entries of something that reads them. */
function areRecords(program: Program, left: KeyHolder, right: KeyHolder): boolean {
  const isConstant = (holder: KeyHolder) => program.kindOf(holder) === "constant";
  return dirname(left.path) === dirname(right.path) && isConstant(left) && isConstant(right);
}

/** Who imports the other's file hands on to it, or is told by it what the words are. */
function knows(program: Program, from: Place, to: Place): boolean {
  return program.imports.of(program.placeOf(from.path)).some(({ path }) => path === to.path);
}

function holdersIn(program: Program, file: PackedFacts): readonly KeyHolder[] {
  const holders = new Map<number, KeyHolder>();
  const add = (scope: number, key: string, line: number, isSaid = false) => {
    if (key.length < 3 || dataWords.test(key)) return;
    const around = holderOf(file, scope);
    // Decorated functions of a module are one table.
    const at = isSaid && file.scopeKind(around) === "function" ? 0 : around;
    if (!isSaid && !dispatches(file, scope) && !dispatches(file, at)) return;
    // What a page calls with its own events: `lm-dragenter`.
    if (!/[_.:]|[a-z][A-Z]/.test(key) && scope > 0 && file.scope(scope).name === "handleEvent") return;
    const holder = holders.get(at) ?? { path: file.path, scope: at, name: nameOf(program, file, at), keys: new Map() };
    holders.set(at, holder);
    if (!holder.keys.has(key)) holder.keys.set(key, line);
  };
  for (let scope = 0; scope < file.scopeCount; scope++) {
    if (!file.hasKeys(scope)) continue;
    const { keys, line } = file.scope(scope);
    for (const key of keys) add(scope, key, line);
  }
  for (let use = 0; use < file.useCount; use++) {
    const given = file.useCell(use, useCell.arguments);
    const last = given > 0 ? file.lastName(file.useCell(use, useCell.chain)) : undefined;
    if (last === undefined) continue;
    const name = file.names.nameOf(last);
    const mayCall = given >= 2 && registering.test(name);
    const mayDecorate = registeringDecorator.test(name);
    if (!mayCall && !mayDecorate) continue;
    const { strings, line, scope, kind } = file.use(use);
    const [key] = strings;
    if (key === undefined) continue;
    if (kind === "decorator" && mayDecorate && !key.startsWith("/")) add(scope, key, line, true);
    else if (kind === "call" && mayCall) add(scope, key, line);
  }
  return [...holders.values()].filter(({ keys }) => keys.size >= sharedMin);
}

/** The class around a scope, else what stands around it directly in the module, else the module. */
function holderOf(file: PackedFacts, scope: number): number {
  let holder = scope;
  for (let at = scope; at > 0; at = file.parentOf(at)) {
    holder = at;
    if (file.scopeKind(at) === "class") break;
  }
  return holder;
}

function dispatches(file: PackedFacts, scope: number): boolean {
  const name = scope === 0 ? moduleName(file) : file.scope(scope).name;
  return nameTokens(name).some((token) => dispatching.has(stem(token)));
}

function nameOf(program: Program, file: PackedFacts, scope: number): string {
  return scope === 0 ? moduleName(file) : (program.symbolOf({ path: file.path, scope }).split("#")[1] ?? "");
}

function moduleName({ path }: PackedFacts): string {
  return /([^/]*)\.[^./]*$/.exec(path)?.[1] ?? path;
}

function findingOf(program: Program, uses: Uses, { left, right, shared }: Pair): Unnamed {
  const smaller = Math.min(left.keys.size, right.keys.size);
  const overlap = shared.length / smaller;
  const members = [left, right].map((holder) => memberOf(program, uses, holder));
  const live = members.filter(({ sites }) => sites > 0).length;
  const score = Math.round((0.4 + 0.25 * overlap + 0.05 * Math.min(4, shared.length) + 0.05 * live) * 1_000) / 1_000;
  const isMost = overlap >= 0.5;
  const evidence = [left, right].flatMap((holder) => evidenceOf(holder, shared));
  return {
    kind: "rivals",
    confidence: live === 2 && isMost && shared.length >= 4 ? "high" : live >= 1 && isMost ? "medium" : "low",
    score,
    title: `${left.name} and ${right.name} both dispatch ${shared.slice(0, 4).join(", ")}`,
    members,
    evidence,
  };
}

/** One line for each function that dispatches some of them. */
function evidenceOf({ path, name, keys }: KeyHolder, shared: readonly string[]): readonly Evidence[] {
  const lines = Map.groupBy(shared, (key) => keys.get(key) ?? 1);
  return [...lines]
    .sort(([one], [other]) => one - other)
    .slice(0, 6)
    .map(([line, found]) => ({ path, line, text: `${name} dispatches ${found.join(", ")}` }));
}

function memberOf(program: Program, uses: Uses, holder: KeyHolder): FindingMember {
  const sites = uses.siteCount(holder, { onlyOthers: true });
  return findingMember(program, holder, sites, [...holder.keys.keys()].slice(0, 12));
}
