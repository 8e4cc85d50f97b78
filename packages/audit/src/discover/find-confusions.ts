import type { FindingMember } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { nameTokens } from "../status/candidates.ts";
import { publicMethods } from "../status/owner.ts";
import type { Place, Uses } from "../status/uses.ts";
import { areVariants } from "./are-variants.ts";
import { basesOf } from "./bases-of.ts";
import { findingMember } from "./finding-member.ts";
import { handsOn } from "./hands-on.ts";
import type { Unnamed } from "./unnamed-finding.ts";

/** Shorter names are what every module calls something of its own. */
const tokensMin = 2;
/** More definitions than this are a convention, such as one class of the name in each plugin. */
const definitionsMax = 5;
const conventional =
  /(Props|Options|Config|Settings|Params|Args|State|Meta|Mixin|Error|Exception|Response|Request|Schema|Model|Test|Case|Command|Migration|Form|Serializer|View)$/;

/** As many subclasses make a base the name of a kind: `DateField` of forms, and of models. */
const familyMin = 5;

/** One name that means different things by import path: classes of production, each of them imported by production. */
export function findConfusions(program: Program, uses: Uses, isOwn: (path: string) => boolean): readonly Unnamed[] {
  const byName = new Map<string, Place[]>();
  const subclasses = new Map<string, number>();
  for (const file of program.files) {
    if (!isOwn(file.path)) continue;
    for (const scope of program.topLevel(file, "class")) {
      for (const base of basesOf(program, { path: file.path, scope })) {
        subclasses.set(base, (subclasses.get(base) ?? 0) + 1);
      }
      const { name, isEmpty } = file.scope(scope);
      if (isEmpty || name.startsWith("_") || nameTokens(name).length < tokensMin || conventional.test(name)) continue;
      byName.set(name, [...(byName.get(name) ?? []), { path: file.path, scope }]);
    }
  }
  const isFamily = (base: string) => (subclasses.get(base) ?? 0) >= familyMin;
  const confused = [...byName].filter(
    ([, places]) =>
      places.length >= 2 &&
      places.length <= definitionsMax &&
      !areVariants(program, places) &&
      !areOfFamilies(program, places, isFamily) &&
      !places.some((one) => places.some((other) => other !== one && handsOn(program, uses, one, other))),
  );
  uses.lookFor(confused.flatMap(([, places]) => places));
  return confused.map(([name, places]): Unnamed => {
    const members = places.map((place) => memberOf(program, uses, place));
    const live = members.filter(({ sites }) => sites > 0);
    const bodies = new Set(members.map(({ methods }) => [...methods].sort().join()));
    const shared =
      members[0]?.methods.filter((method) => members.every((member) => member.methods.includes(method))) ?? [];
    // Without behaviour a name is a label, such as that of an error: many modules have one of their own.
    const behave = members.filter(({ methods }) => methods.length >= 2).length;
    const confidence = live.length < 2 || behave < 2 ? "low" : shared.length >= 1 ? "high" : "medium";
    const score =
      Math.round(
        (0.4 + 0.15 * Math.min(3, live.length) + (shared.length > 0 ? 0.15 : 0) - (bodies.size === 1 ? 0.05 : 0)) *
          1_000,
      ) / 1_000;
    const evidence = members.map(({ path, line }) => ({ path, line, text: `${name} is defined here` }));
    return {
      kind: "identity_confusion",
      confidence,
      score,
      title: `${name} means ${members.length} different things`,
      members,
      evidence,
    };
  });
}

/** Is each of them of another kind than all others, by a base of its own that many extend? Then the kind tells them apart. */
function areOfFamilies(program: Program, places: readonly Place[], isFamily: (base: string) => boolean): boolean {
  const families = places.map((place) => [...basesOf(program, place)].filter(isFamily));
  return families.every((bases, at) =>
    bases.some((base) => families.every((others, other) => other === at || !others.includes(base))),
  );
}

/** Whoever imports it, if only for its type, knows it by its name. */
function memberOf(program: Program, uses: Uses, place: Place): FindingMember {
  const used = uses.ofDefinition(place).filter(({ role, path }) => role === "production" && path !== place.path);
  const methods = publicMethods(program, place).map((scope) => program.nameOf({ path: place.path, scope }));
  return findingMember(program, place, new Set(used.map((use) => uses.callerOf(use))).size, methods);
}
