import type { Compliance } from "../report/audit-report.ts";

/** The number of a responsibility. What cannot be told counts against the lower bound, which is the headline; nothing gives none. */
export function complianceOf(counts: Pick<Compliance, "ok" | "bypass" | "unknown">, isOwnerValid = true): Compliance {
  const { ok, bypass, unknown } = counts;
  const all = ok + bypass + unknown;
  if (!isOwnerValid) return { ...counts, lower: null, upper: null, notMeasured: "invalid owner" };
  if (all === 0) return { ...counts, lower: null, upper: null, notMeasured: "no sites" };
  return { ...counts, lower: ok / all, upper: (ok + unknown) / all };
}
