import type { Program } from "../resolve/program.ts";
import { type Place, Uses } from "./uses.ts";

/** Where a definition and what stands directly in it is used, from outside of it. */
export function linesOf(uses: Uses, place: Place): string[] {
  return uses.ofDefinition(place).map(({ path, use: { line, chain } }) => `${path}:${line} ${chain.join(".")}`);
}

/** The same, with every use of the program resolved. */
export function allLinesOf(program: Program): (place: Place) => string[] {
  const bySymbol = new Map<string, { path: string; scope: number; text: string }[]>();
  new Uses(program, () => "production").eachUse(({ path, scope, use, target }) => {
    if (target.kind !== "scope" && target.kind !== "instance") return;
    const symbol = program.symbolOf(target);
    const same = bySymbol.get(symbol) ?? [];
    same.push({ path, scope, text: `${path}:${use.line} ${use.chain.join(".")}` });
    bySymbol.set(symbol, same);
  });
  return (place) =>
    [place, ...[...program.membersOf(place).values()].map((scope) => ({ path: place.path, scope }))]
      .flatMap((one) => bySymbol.get(program.symbolOf(one)) ?? [])
      .filter(({ path, scope }) => path !== place.path || !program.isWithin(path, scope, place.scope))
      .map(({ text }) => text);
}
