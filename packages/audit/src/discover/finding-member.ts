import type { FindingMember } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import type { Place } from "../status/uses.ts";

/** A definition of production as a finding names it, with its use sites and the names of what it does. */
export function findingMember(
  program: Program,
  { path, scope }: Place,
  sites: number,
  methods: readonly string[],
): FindingMember {
  const symbol = program.symbolOf({ path, scope });
  return { symbol, path, line: program.scope({ path, scope }).line, role: "production", sites, methods };
}
