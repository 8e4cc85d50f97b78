import { join } from "node:path";
import type { AuditConfig } from "../config/audit-config.ts";
import { updatedBaseline } from "../gate/baseline.ts";
import { declaredScopeOf } from "../gate/declared-scope.ts";
import type { AuditReport } from "../report/audit-report.ts";
import { baselineFileName, readBaseline } from "./baseline-file.ts";
import { writeNamedFile } from "./named-file.ts";
import { UsageError } from "./usage-error.ts";

export interface BaselineWords {
  readonly root: string;
  readonly baselineFile: string | undefined;
  readonly reason: string | undefined;
  readonly owner: string | undefined;
  readonly until: string | undefined;
  readonly acceptScope: boolean;
}

/** Writes the baseline anew, and tells how many entries it has. Throws a `UsageError` for additions that nobody answers for. */
export function updateBaseline(report: AuditReport, config: AuditConfig, words: BaselineWords): string {
  const { root, reason, owner, until, acceptScope } = words;
  if (until !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(until))
    throw new UsageError(`unable to use --until "${until}"; it is a date YYYY-MM-DD`);
  const given =
    reason !== undefined && owner !== undefined && until !== undefined ? { reason, owner, until } : undefined;
  const file = words.baselineFile ?? join(root, baselineFileName);
  const baseline = updatedBaseline(report, readBaseline(file), declaredScopeOf(config), { given, acceptScope });
  if ("problem" in baseline) throw new UsageError(`unable to write the baseline; ${baseline.problem}`);
  writeNamedFile(file, `${JSON.stringify(baseline, undefined, 2)}\n`);
  return `${baseline.entries.length} entries in ${file}`;
}
