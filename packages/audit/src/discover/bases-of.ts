import type { Program } from "../resolve/program.ts";
import type { Place } from "../status/uses.ts";

/** What a class extends, nearest first and all the way up: symbols, names of what others wrote, and names as they are written. */
export function basesOf(program: Program, place: Place): ReadonlySet<string> {
  const scope = program.scope(place);
  if (scope.kind !== "class") return new Set();
  const resolved = program
    .basesOf(place)
    .flatMap((base) =>
      base.kind === "scope" ? [program.symbolOf(base)] : base.kind === "external" ? [base.name] : [],
    );
  const written = scope.bases.flatMap(({ chain }) => [chain.join("."), chain.at(-1) ?? ""]);
  return new Set([...resolved, ...written].filter((name) => name !== "object"));
}
