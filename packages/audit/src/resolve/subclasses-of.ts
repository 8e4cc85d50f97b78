import { Aliases } from "./aliases.ts";
import type { Definition, Program } from "./program.ts";

/** All classes that have a class among their bases, however far away. */
export function subclassesOf(program: Program, base: Definition): readonly Definition[] {
  const found = new Map<string, Definition>();
  let fresh: readonly Definition[] = [base];
  while (fresh.length > 0) {
    fresh = new Aliases(program, fresh)
      .subclasses()
      .filter((one) => !found.has(program.symbolOf(one)) && hasBase(program, one, base));
    for (const one of fresh) found.set(program.symbolOf(one), one);
  }
  return [...found.values()];
}

function hasBase(program: Program, one: Definition, { path, scope }: Definition): boolean {
  return program.basesOf(one).some((base) => base.kind === "scope" && base.path === path && base.scope === scope);
}
