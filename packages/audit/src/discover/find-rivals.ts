import type { Evidence } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { nameTokens } from "../status/candidates.ts";
import { doesSomething, publicMethods } from "../status/owner.ts";
import type { Place, Uses } from "../status/uses.ts";
import { areVariants } from "./are-variants.ts";
import { basesOf } from "./bases-of.ts";
import { findingMember } from "./finding-member.ts";
import { handsOn } from "./hands-on.ts";
import type { Unnamed } from "./unnamed-finding.ts";

interface Shape extends Place {
  readonly name: string;
  readonly tokens: readonly string[];
  readonly methods: readonly string[];
  /** Those of them that are read like fields: what something has, and not what it does. */
  readonly accessors: ReadonlySet<string>;
}

interface Pair {
  readonly left: Shape;
  readonly right: Shape;
  /** Methods that both have. */
  readonly shared: readonly string[];
}

/** Names that so many classes have say nothing of what they do: they are an interface, said or not. */
const commonShareMax = 0.02;
const commonCountMin = 6;
const commonCountMax = 12;
/** One name that more classes have is a convention, such as that of a plugin. */
const sameNameMax = 5;
/** Parts of names that say what something is, and not what it is about. */
const roleTokens = new Set(
  "router dispatcher broadcaster emitter manager registry store cache client server handler service scheduler queue factory loader writer reader engine executor runner validator logger tracker monitor bridge gateway publisher bus repository provider processor coordinator orchestrator notifier authenticator limiter breaker pool".split(
    " ",
  ),
);

/** Classes of production that do the same under names of their own: unrelated by inheritance, none handing on to the other. */
export function findRivals(program: Program, uses: Uses, isOwn: (path: string) => boolean): readonly Unnamed[] {
  const shapes = shapesOf(program, isOwn);
  const pairs = withoutConventions(pairsOf(shapes), shapes).filter(areAlike);
  const rivals = pairs
    .map((pair) => ({ ...pair, shared: pair.shared.filter((method) => !isGiven(program, pair, method)) }))
    .filter((pair) => areAlike(pair) && areRivals(program, uses, pair));
  uses.lookFor(rivals.flatMap(({ left, right }) => [left, right]));
  const apart = rivals.filter((pair) => !isChosenBetween(uses, pair));
  return apart.map((pair) => findingOf(program, uses, pair));
}

function withoutConventions(pairs: readonly Pair[], shapes: readonly Shape[]): readonly Pair[] {
  const named = Map.groupBy(shapes, ({ name }) => name);
  const isConvention = ({ name }: Shape) => (named.get(name)?.length ?? 0) > sameNameMax;
  return pairs.filter(({ left, right }) => left.name !== right.name || !isConvention(left));
}

/** Classes that share two methods or more whose names say something, by the first of them, as classes have them. */
function pairsOf(shapes: readonly Shape[]): readonly Pair[] {
  const holders = new Map<string, number[]>();
  for (const [place, { methods }] of shapes.entries()) {
    for (const method of methods) {
      const same = holders.get(method);
      if (same === undefined) holders.set(method, [place]);
      else same.push(place);
    }
  }
  const commonMax = Math.min(commonCountMax, Math.max(commonCountMin, Math.floor(shapes.length * commonShareMax)));
  const telling = [...holders].filter(([, same]) => same.length >= 2 && same.length <= commonMax);
  const rank = new Map(telling.map(([method], at) => [method, at]));
  const rankOf = (method: string | undefined) => rank.get(method ?? "") ?? 0;
  const pairs: Pair[] = [];
  for (const [place, left] of shapes.entries()) {
    const own = left.methods.filter((method) => rank.has(method)).sort((one, other) => rankOf(one) - rankOf(other));
    // Nearly all pairs share one method; so many are counted, and not kept.
    const counts = new Map<number, number>();
    for (const other of own.flatMap((method) => holders.get(method) ?? []))
      if (other > place) counts.set(other, (counts.get(other) ?? 0) + 1);
    for (const [other, count] of [...counts].sort(([one], [next]) => one - next)) {
      if (count < 2) continue;
      const right = shapes[other] as Shape;
      pairs.push({ left, right, shared: own.filter((method) => right.methods.includes(method)) });
    }
  }
  return pairs.sort((one, other) => rankOf(one.shared[0]) - rankOf(other.shared[0]));
}

/** How much of what two classes are called is the same, and how much of what they do. */
function likeness({ left, right, shared }: Pair) {
  const words = left.tokens.filter((token) => right.tokens.includes(token));
  return {
    overlap: shared.length / new Set([...left.methods, ...right.methods]).size,
    names: words.length / new Set([...left.tokens, ...right.tokens]).size,
    isRole: words.some((word) => roleTokens.has(word)),
  };
}

/** Of what both do. Classes of one name may just as well be told by what they have. */
function actingOf({ left, right, shared }: Pair): readonly string[] {
  if (left.name === right.name) return shared;
  return shared.filter((method) => !left.accessors.has(method) && !right.accessors.has(method));
}

/** Two methods of one name are an accident, unless the classes are called alike or are nearly the same. */
function areAlike(pair: Pair): boolean {
  const { left, right, shared } = pair;
  if (actingOf(pair).length < 2 || left.path === right.path || areOfOtherSize(left, right)) return false;
  const { overlap, names, isRole } = likeness(pair);
  return isRole || names >= 0.5 || (overlap >= 0.6 && shared.length >= 3);
}

function areRivals(program: Program, uses: Uses, { left, right, shared }: Pair): boolean {
  const [ofLeft, ofRight] = [basesOf(program, left), basesOf(program, right)];
  if ([...ofLeft].some((base) => ofRight.has(base)) || areVariants(program, [left, right])) return false;
  if (areOfOwnNouns(left, right)) return false;
  // A base that cannot be resolved still has a name.
  if (ofLeft.has(right.name) || ofRight.has(left.name)) return false;
  if (isLayer(uses, program, left, shared) || isLayer(uses, program, right, shared)) return false;
  return !handsOn(program, uses, left, right) && !handsOn(program, uses, right, left);
}

function findingOf(program: Program, uses: Uses, pair: Pair): Unnamed {
  const { left, right, shared } = pair;
  const { overlap, names, isRole } = likeness(pair);
  const [ofLeft, ofRight] = [uses.siteCount(left), uses.siteCount(right)];
  const used = Math.min(1, Math.log2(1 + Math.min(ofLeft, ofRight)) / 4);
  const score = Math.round((0.45 * overlap + 0.3 * names + (isRole ? 0.1 : 0) + 0.15 * used) * 1_000) / 1_000;
  const confidence =
    actingOf(pair).length >= 3 && (isRole || names >= 0.5) && ofLeft > 0 && ofRight > 0
      ? "high"
      : score >= 0.45 && ofLeft + ofRight > 0
        ? "medium"
        : "low";
  const evidence = shared.slice(0, 6).flatMap((method) => [left, right].map((shape) => lineOf(program, shape, method)));
  const title = `${left.name} and ${right.name} both do ${shared.slice(0, 4).join(", ")}`;
  return {
    kind: "rivals",
    confidence,
    score,
    title,
    members: [
      findingMember(program, left, ofLeft, left.methods),
      findingMember(program, right, ofRight, right.methods),
    ],
    evidence,
  };
}

/** One function makes either of them, in branches of it: they are forms of one thing, and that function knows why. */
function isChosenBetween(uses: Uses, { left, right }: Pair): boolean {
  const makers = (shape: Shape) => {
    const made = uses.ofDefinition(shape).filter(({ use }) => use.kind === "call" && use.place !== "handler");
    return new Set(made.flatMap((use) => (use.use.place === "plain" ? [] : [uses.callerOf(use)])));
  };
  const ofRight = makers(right);
  return [...makers(left)].some((caller) => ofRight.has(caller));
}

/** Both have it from bases of their own, which say what it is called. */
function isGiven(program: Program, { left, right }: Pair, method: string): boolean {
  return [left, right].every((shape) =>
    program.basesOf(shape).some((base) => base.kind === "scope" && program.membersOf(base).has(method)),
  );
}

/** Roles of which there should be one, whatever it is about. */
const soleRoles = new Set("router dispatcher broadcaster gateway hub bus".split(" "));
/** Say that one came after the other. */
const generations = new Set(
  "legacy old new modern next deprecated simple basic enhanced improved optimized unified fallback v1 v2 v3".split(" "),
);

/** Each lives in a folder of its own noun: `mongo/mongo-adapter.ts`, `postgres/postgres-adapter.ts`; `users/users.repository.ts`. */
function areOfOwnNouns(left: Shape, right: Shape): boolean {
  const own = (one: Shape, other: Shape) => one.tokens.filter((token) => !other.tokens.includes(token));
  const [ofLeft, ofRight] = [own(left, right), own(right, left)];
  if (ofLeft.length === 0 || ofRight.length === 0) return false;
  if ([...ofLeft, ...ofRight].some((token) => generations.has(token))) return false;
  if (left.tokens.some((token) => soleRoles.has(token) && right.tokens.includes(token))) return false;
  const [leftParts, rightParts] = [generalized(left.path, ofLeft), generalized(right.path, ofRight)];
  const isFolder = leftParts.slice(0, -1).some((part) => part.includes("#"));
  return isFolder && leftParts.join("/") === rightParts.join("/");
}

function generalized(path: string, nouns: readonly string[]): readonly string[] {
  const isNoun = (token: string) =>
    nouns.some((noun) => token === noun || token === `${noun}s` || `${token}s` === noun);
  return path.split("/").map((part) =>
    nameTokens(part)
      .map((token) => (isNoun(token) ? "#" : token))
      .join(" ")
      .replace(/#( #)+/g, "#"),
  );
}

/** `Vector2` and `Vector3`; a second version (`RouterV2`) is something else. */
function areOfOtherSize(left: Shape, right: Shape): boolean {
  const sizeless = ({ name }: Shape) => name.replace(/(?<![vV\d])\d+/g, "#");
  return left.name !== right.name && sizeless(left) === sizeless(right);
}

function shapesOf(program: Program, isOwn: (path: string) => boolean): readonly Shape[] {
  return program.files.flatMap((file) => {
    if (!isOwn(file.path)) return [];
    return program.topLevel(file, "class").flatMap((index): Shape[] => {
      const place = { path: file.path, scope: index };
      const name = program.nameOf(place);
      // A mixin is a part of what it is mixed into, and what tells of a failure does nothing.
      if (/(mixin|Error|Exception|Warning)$/i.test(name)) return [];
      const active = publicMethods(program, place).filter((method) =>
        doesSomething(program, { path: file.path, scope: method }),
      );
      const nameOf = (method: number) => program.nameOf({ path: file.path, scope: method });
      const methods = active.map(nameOf);
      const accessors = new Set(active.filter((method) => file.isAccessor(method)).map(nameOf));
      return methods.length < 2 ? [] : [{ ...place, name, tokens: nameTokens(name), methods, accessors }];
    });
  });
}

/**
 * Half of its methods or more call a method of their own name on somebody, or give somebody that name, as the client of a
 * remote call does: a layer over it, not a second one.
 */
function isLayer(uses: Uses, program: Program, shape: Shape, shared: readonly string[]): boolean {
  const members = program.membersOf(shape);
  const handing = shared.filter((method) => {
    const scope = members.get(method);
    if (scope === undefined) return false;
    return uses.within({ path: shape.path, scope }).some(({ use }) => {
      if (use.kind !== "call") return false;
      if (use.strings.includes(method)) return true;
      // A logger that ends in the console is one.
      const isOwnWay = use.chain[0] === "super" || use.chain[0] === "console" || use.chain[0] === "logging";
      return use.chain.length > 1 && use.chain.at(-1) === method && !isOwnWay;
    });
  });
  return handing.length * 2 >= shared.length;
}

function lineOf(program: Program, shape: Shape, method: string): Evidence {
  const scope = program.membersOf(shape).get(method) ?? shape.scope;
  return { path: shape.path, line: program.scope({ path: shape.path, scope }).line, text: `${shape.name}.${method}` };
}
