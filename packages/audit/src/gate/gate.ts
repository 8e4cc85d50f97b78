import type { AuditReport, Violation } from "../report/audit-report.ts";
import { violationsOf } from "../report/violations-of.ts";
import { type Baseline, type BaselineEntry, matchEntries } from "./baseline.ts";
import { type DeclaredScope, scopeChanges } from "./declared-scope.ts";

export interface GateInput {
  readonly report: AuditReport;
  /** Undefined: nothing is known to be wrong. */
  readonly baseline: Baseline | undefined;
  readonly scope: DeclaredScope;
  /** `YYYY-MM-DD` */
  readonly today: string;
  readonly acceptScope?: boolean;
  /** What was so before the change: what it finds wrong is not new, and what it declares is what a change is measured by. */
  readonly base?: GateBase;
}

export interface GateBase {
  readonly baseline: Baseline | undefined;
  readonly scope: DeclaredScope | undefined;
  readonly ignores: number;
  /** Identities of what was wrong. */
  readonly violations: ReadonlySet<string>;
}

export interface GateResult {
  /** 0 fine, 1 something is new, stale or over, 2 it could not be measured. */
  readonly exitCode: 0 | 1 | 2;
  /** What is wrong and neither in the baseline nor in the base. */
  readonly added: readonly Violation[];
  /** What is wrong, not in the baseline, and was wrong in the base. */
  readonly older: readonly Violation[];
  /** In the baseline, and gone: take it out. */
  readonly stale: readonly BaselineEntry[];
  readonly expired: readonly BaselineEntry[];
  /** In the baseline now and not in that of the base: printed, so that somebody looks at them. */
  readonly admitted: readonly BaselineEntry[];
  /** Why nothing can be said. */
  readonly unmeasured: readonly string[];
  /** What was changed of scope, owners and targets, in words. */
  readonly scopeChanges: readonly string[];
  readonly ignoresAdded: number;
  /** Without one, whatever is wrong is new. */
  readonly hasBaseline: boolean;
}

/** More files than this share that cannot be parsed, and nothing can be said. */
const unparsedShareMax = 0.005;

/** Fails closed: what cannot be measured is never fine. */
export function gate({ report, baseline, scope, today, acceptScope = false, base }: GateInput): GateResult {
  const entries = baseline?.entries ?? [];
  const { known, stale } = matchEntries(report, entries);
  const fresh = violationsOf(report).filter(({ identity }) => !known.has(identity));
  const [added, older] = [
    fresh.filter(({ identity }) => base?.violations.has(identity) !== true),
    fresh.filter(({ identity }) => base?.violations.has(identity) === true),
  ];
  const expired = [...new Set(known.values())].filter(({ until }) => until < today);
  const admitted =
    base === undefined
      ? []
      : entries.filter(({ identity }) => base.baseline?.entries.some((entry) => entry.identity === identity) !== true);
  const before = base === undefined ? baseline?.scope : (base.baseline?.scope ?? base.scope);
  const changes = before === undefined ? [] : scopeChanges(before, scope);
  const ignoresBefore = base === undefined ? (baseline?.ignores ?? 0) : (base.baseline?.ignores ?? base.ignores);
  const ignoresAdded = Math.max(0, report.ignores - ignoresBefore);
  const unmeasured = unmeasuredIn(report);
  const isWrong =
    added.length + stale.length + expired.length + ignoresAdded > 0 || (changes.length > 0 && !acceptScope);
  return {
    exitCode: unmeasured.length > 0 ? 2 : isWrong ? 1 : 0,
    ...{ added, older, stale, expired, admitted, unmeasured, scopeChanges: changes, ignoresAdded },
    hasBaseline: baseline !== undefined,
  };
}

function unmeasuredIn(report: AuditReport): string[] {
  const problems = [...uncoveredIn(report)];
  for (const { id, compliance } of [...report.responsibilities, ...report.layers])
    if (compliance.notMeasured !== undefined) problems.push(`${id}: ${compliance.notMeasured}`);
  return problems;
}

/** Why the report as a whole says nothing, whatever its numbers are. */
export function uncoveredIn({ files, responsibilities, layers }: AuditReport): readonly string[] {
  const problems: string[] = [];
  if (files.read === 0) problems.push("no file was read");
  if (files.unparsed.length > files.read * unparsedShareMax)
    problems.push(`${files.unparsed.length} of ${files.read} files cannot be parsed`);
  if (responsibilities.length + layers.length === 0) problems.push("no responsibility is declared");
  return problems;
}
