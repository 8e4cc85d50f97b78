import type { SymbolId } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { nameTokens } from "../status/candidates.ts";
import { doesSomething, publicMethods } from "../status/owner.ts";
import type { Place, Uses } from "../status/uses.ts";

/** A definition that may be the answer to "who does this?". */
export interface Answer {
  readonly symbol: SymbolId;
  readonly path: string;
  readonly line: number;
  /** 0 to 1. */
  readonly score: number;
  readonly sites: number;
  /** The methods whose names have to do with the words. */
  readonly methods: readonly string[];
}

/** A definition that the words have to do with. */
interface Match {
  readonly place: Place;
  readonly methods: readonly string[];
  readonly likeness: number;
}

const answersMax = 10;

/** Who does what these words say: by names and by names of methods; the more production uses it, the better. */
export function whoDoes(
  program: Program,
  uses: Uses,
  roleOf: (path: string) => string,
  words: readonly string[],
): readonly Answer[] {
  const wanted = [...new Set(words.flatMap(nameTokens).map(stem))];
  if (wanted.length === 0) return [];
  const matches: Match[] = [];
  for (const file of program.files) {
    if (roleOf(file.path) !== "production") continue;
    for (const index of [...program.topLevel(file, "class"), ...program.topLevel(file, "function")]) {
      const scope = file.scope(index);
      const place = { path: file.path, scope: index };
      const all =
        scope.kind === "class"
          ? publicMethods(program, place).map((method) => program.scope({ path: file.path, scope: method }).name)
          : [];
      const own = new Set(nameTokens(scope.name).map(stem));
      const methods = all.filter((method) =>
        nameTokens(method)
          .map(stem)
          .some((token) => wanted.includes(token)),
      );
      const tokens = new Set([...own, ...methods.flatMap(nameTokens).map(stem)]);
      const found = wanted.filter((word) => tokens.has(word)).length;
      if (found === 0 || (wanted.length > 1 && found < Math.ceil(wanted.length / 2))) continue;
      if (scope.kind === "function" && !doesSomething(program, place)) continue;
      const inName = wanted.filter((word) => own.has(word)).length / wanted.length;
      matches.push({ place, methods, likeness: 0.55 * (found / wanted.length) + 0.25 * inName });
    }
  }
  uses.lookFor(matches.map(({ place }) => place));
  const answers = matches.map(({ place, methods, likeness }): Answer => {
    const sites = uses.siteCount(place);
    const score = likeness + 0.2 * Math.min(1, Math.log2(1 + sites) / 5);
    return {
      symbol: program.symbolOf(place),
      path: place.path,
      line: program.scope(place).line,
      score: Math.round(score * 1_000) / 1_000,
      sites,
      methods,
    };
  });
  return answers
    .sort((left, right) => right.score - left.score || (left.symbol < right.symbol ? -1 : 1))
    .slice(0, answersMax);
}

/** `routing`, `router`, `routes` → `rout`; both sides of a comparison are cut alike. */
export function stem(word: string): string {
  return word.replace(/(ing|ers?|es|s|ed|e)$/, "");
}
