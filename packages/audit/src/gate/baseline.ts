import { createHash } from "node:crypto";
import type { AuditConfig } from "../config/audit-config.ts";
import type { AuditReport, Violation } from "../report/audit-report.ts";

/** What is known to be wrong, and who will mend it: identities, no counts and no line numbers. */
export interface Baseline {
  readonly version: 1;
  /** Of scope, owners and targets: a change of them has to be accepted. */
  readonly scope: string;
  readonly ignores: number;
  readonly entries: readonly BaselineEntry[];
}

export interface BaselineEntry {
  readonly identity: string;
  /** Of the code that it is about: the same after a move. */
  readonly fingerprint: string;
  readonly reason: string;
  readonly owner: string;
  /** Last day, `YYYY-MM-DD`. */
  readonly until: string;
}

export interface GateResult {
  /** 0 fine, 1 something is new, stale or over, 2 it could not be measured. */
  readonly exitCode: 0 | 1 | 2;
  /** What is wrong and not in the baseline. */
  readonly added: readonly Violation[];
  /** In the baseline, and gone: take it out. */
  readonly stale: readonly BaselineEntry[];
  readonly expired: readonly BaselineEntry[];
  /** Why nothing can be said. */
  readonly unmeasured: readonly string[];
  readonly scopeChanged: boolean;
  readonly ignoresAdded: number;
}

const unparsedShareMax = 0.005;

/** Fails closed: what cannot be measured is never fine. */
export function gate(
  report: AuditReport,
  baseline: Baseline,
  scope: string,
  today: string,
  acceptScope = false,
): GateResult {
  const fingerprints = fingerprintsOf(report);
  const violations = report.responsibilities.flatMap((responsibility) => responsibility.violations);
  const known = new Map(baseline.entries.map((entry) => [entry.identity, entry]));
  const byFingerprint = new Map(
    baseline.entries
      .filter(({ fingerprint }) => fingerprint !== "")
      .map((entry) => [`${kindOf(entry.identity)} ${entry.fingerprint}`, entry]),
  );
  const matched = new Set<BaselineEntry>();
  const added = violations.filter((violation) => {
    const moved = byFingerprint.get(`${kindOf(violation.identity)} ${fingerprints.get(violation.identity) ?? ""}`);
    const entry = known.get(violation.identity) ?? moved;
    if (entry !== undefined) matched.add(entry);
    return entry === undefined;
  });
  const stale = baseline.entries.filter((entry) => !matched.has(entry));
  const expired = baseline.entries.filter((entry) => matched.has(entry) && entry.until < today);
  const unmeasured = unmeasuredIn(report);
  const scopeChanged = baseline.scope !== scope && !acceptScope;
  const ignoresAdded = Math.max(0, report.ignores - baseline.ignores);
  const wrong = added.length + stale.length + expired.length + ignoresAdded > 0 || scopeChanged;
  return {
    exitCode: unmeasured.length > 0 ? 2 : wrong ? 1 : 0,
    added,
    stale,
    expired,
    unmeasured,
    scopeChanged,
    ignoresAdded,
  };
}

/** Additions need a reason, an owner and a last day; what is in the baseline already keeps its own. */
export function updatedBaseline(
  report: AuditReport,
  before: Baseline | undefined,
  scope: string,
  given: Pick<BaselineEntry, "reason" | "owner" | "until"> | undefined,
): Baseline | { readonly problem: string } {
  const fingerprints = fingerprintsOf(report);
  const known = new Map((before?.entries ?? []).map((entry) => [entry.identity, entry]));
  const entries: BaselineEntry[] = [];
  for (const { identity } of report.responsibilities.flatMap(({ violations }) => violations)) {
    const entry = known.get(identity);
    if (entry === undefined && given === undefined)
      return { problem: `${identity} is new; give a reason, an owner and a last day` };
    entries.push(
      entry ?? {
        identity,
        fingerprint: fingerprints.get(identity) ?? "",
        ...(given as Pick<BaselineEntry, "reason" | "owner" | "until">),
      },
    );
  }
  const unique = [...new Map(entries.map((entry) => [entry.identity, entry])).values()];
  unique.sort((left, right) => (left.identity < right.identity ? -1 : 1));
  return { version: 1, scope, ignores: report.ignores, entries: unique };
}

/** Changes with what is looked at, and with who is said to own it. */
export function scopeHash({ scope, roles, responsibilities }: AuditConfig): string {
  const declared = responsibilities.map(({ id, owner, canonical, factories, primitives, exclude, target }) => ({
    id,
    owner,
    canonical,
    factories,
    primitives,
    exclude,
    target,
  }));
  return createHash("sha256").update(JSON.stringify({ scope, roles, declared })).digest("hex").slice(0, 16);
}

function unmeasuredIn({ files, responsibilities }: AuditReport): string[] {
  const problems: string[] = [];
  if (files.read === 0) problems.push("no file was read");
  if (files.unparsed.length > files.read * unparsedShareMax)
    problems.push(`${files.unparsed.length} of ${files.read} files cannot be parsed`);
  if (responsibilities.length === 0) problems.push("no responsibility is declared");
  for (const { id, compliance, target } of responsibilities) {
    if (compliance.notMeasured !== undefined) problems.push(`${id}: ${compliance.notMeasured}`);
    else if ((compliance.lower ?? 0) < target && compliance.unknown > 0 && (compliance.upper ?? 0) >= target) {
      problems.push(`${id}: ${compliance.unknown} uses cannot be told`);
    }
  }
  return problems;
}

function fingerprintsOf(report: AuditReport): ReadonlyMap<string, string> {
  return new Map(
    report.responsibilities.flatMap(({ members }) =>
      members.map(({ identity, fingerprint }) => [identity, fingerprint]),
    ),
  );
}

/** Responsibility and kind. */
function kindOf(identity: string): string {
  return identity.split(" | ").slice(0, 2).join(" | ");
}
