import { join } from "node:path";
import type { AuditConfig } from "../config/audit-config.ts";
import { isDate } from "../config/is-date.ts";
import { updatedBaseline } from "../gate/baseline.ts";
import { declaredScopeOf } from "../gate/declared-scope.ts";
import type { AuditReport } from "../report/audit-report.ts";
import { baselineFileName, readBaseline } from "./baseline-file.ts";
import { writeNamedFile } from "./named-file.ts";
import { UsageError } from "./usage-error.ts";

export interface BaselineWords {
  readonly root: string;
  /** `YYYY-MM-DD` */
  readonly today: string;
  readonly baselineFile: string | undefined;
  readonly reason: string | undefined;
  readonly owner: string | undefined;
  readonly until: string | undefined;
  readonly acceptScope: boolean;
}

/** Writes the baseline anew, and tells how many entries it has. Throws a `UsageError` for additions that nobody answers for. */
export function updateBaseline(report: AuditReport, config: AuditConfig, words: BaselineWords): string {
  const { root, today, reason, owner, until, acceptScope } = words;
  if (until !== undefined && !(isDate(until) && until >= today))
    throw new UsageError(`unable to use --until "${until}"; it is a date YYYY-MM-DD, today or later`);
  for (const [name, text] of Object.entries({ reason, owner })) {
    if (text?.trim() === "") throw new UsageError(`unable to use --${name}; it says nothing`);
  }
  const given =
    reason !== undefined && owner !== undefined && until !== undefined ? { reason, owner, until } : undefined;
  const file = words.baselineFile ?? join(root, baselineFileName);
  const baseline = updatedBaseline(report, readBaseline(file), declaredScopeOf(config), { today, given, acceptScope });
  if ("problem" in baseline) throw new UsageError(`unable to write the baseline; ${baseline.problem}`);
  writeNamedFile(file, `${JSON.stringify(baseline, undefined, 2)}\n`);
  return `${baseline.entries.length} entries in ${file}`;
}
