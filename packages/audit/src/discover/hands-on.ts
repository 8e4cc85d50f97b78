import type { Program } from "../resolve/program.ts";
import type { Place, Uses } from "../status/uses.ts";

/** Does something in `from` use `to` or a part of it? Then it is a layer over it, and no second one. */
export function handsOn(program: Program, uses: Uses, from: Place, to: Place): boolean {
  const symbol = program.symbolOf(to);
  return uses.within(from).some(({ target, use }) => {
    if (use.kind === "type" || (target.kind !== "scope" && target.kind !== "instance") || target.path !== to.path)
      return false;
    const used = program.symbolOf(target);
    return used === symbol || used.startsWith(`${symbol}.`);
  });
}
