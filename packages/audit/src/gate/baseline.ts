import type { AuditReport } from "../report/audit-report.ts";
import { violationsOf } from "../report/violations-of.ts";
import { type DeclaredScope, scopeChanges } from "./declared-scope.ts";

/** What is known to be wrong, and who will mend it: identities, no counts and no line numbers. */
export interface Baseline {
  readonly version: 1;
  readonly scope: DeclaredScope;
  /** Inline ignores in production. */
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

export interface BaselineUpdate {
  /** `YYYY-MM-DD` */
  readonly today: string;
  /** What additions get, and what entries get whose last day is over; without it an addition is refused. */
  readonly given: Pick<BaselineEntry, "reason" | "owner" | "until"> | undefined;
  readonly acceptScope: boolean;
}

/**
 * Additions need a reason, an owner and a last day, and so do more inline ignores; what is in the baseline already keeps its own until
 * that day is over.
 */
export function updatedBaseline(
  report: AuditReport,
  before: Baseline | undefined,
  scope: DeclaredScope,
  { today, given, acceptScope }: BaselineUpdate,
): Baseline | { readonly problem: string } {
  const changes = before === undefined ? [] : scopeChanges(before.scope, scope);
  if (changes.length > 0 && !acceptScope)
    return { problem: `the scope or an owner was changed (${changes.join("; ")}); --accept-scope when that is meant` };
  const moreIgnores = report.ignores - (before?.ignores ?? 0);
  if (before !== undefined && moreIgnores > 0 && given === undefined)
    return { problem: `inline ignores were added (${moreIgnores}); give --reason, --owner and --until` };
  const fingerprints = fingerprintsOf(report);
  const { known } = matchEntries(report, before?.entries ?? []);
  const entries = new Map<string, BaselineEntry>();
  for (const { identity } of violationsOf(report)) {
    const entry = known.get(identity);
    if (entry === undefined && given === undefined)
      return { problem: `${identity} is new; give --reason, --owner and --until` };
    const isOver = entry !== undefined && entry.until < today && given !== undefined;
    entries.set(identity, {
      ...(entry ?? (given as NonNullable<typeof given>)),
      ...(isOver && given),
      identity,
      fingerprint: fingerprints.get(identity) ?? "",
    });
  }
  const sorted = [...entries.values()].sort((left, right) => (left.identity < right.identity ? -1 : 1));
  return { version: 1, scope, ignores: report.ignores, entries: sorted };
}

export interface MatchedEntries {
  /** Identity of a violation → its entry. */
  readonly known: ReadonlyMap<string, BaselineEntry>;
  readonly stale: readonly BaselineEntry[];
}

/**
 * Entries and what is wrong now. A violation without an entry takes one of the same kind and the same code that has lost its own: it was
 * moved. Each entry stands for one violation, so that a copy of known code is new.
 */
export function matchEntries(report: AuditReport, entries: readonly BaselineEntry[]): MatchedEntries {
  const violations = [...new Map(violationsOf(report).map((violation) => [violation.identity, violation])).values()];
  const byIdentity = new Map(entries.map((entry) => [entry.identity, entry]));
  const known = new Map<string, BaselineEntry>();
  for (const { identity } of violations) {
    const entry = byIdentity.get(identity);
    if (entry !== undefined) known.set(identity, entry);
  }
  const left = new Set(entries);
  for (const entry of known.values()) left.delete(entry);
  const fingerprints = fingerprintsOf(report);
  for (const { identity } of violations) {
    const fingerprint = fingerprints.get(identity) ?? "";
    if (known.has(identity) || fingerprint === "") continue;
    const moved = [...left].find(
      (entry) => entry.fingerprint === fingerprint && kindOf(entry.identity) === kindOf(identity),
    );
    if (moved === undefined) continue;
    known.set(identity, moved);
    left.delete(moved);
  }
  return { known, stale: [...left] };
}

function fingerprintsOf({ responsibilities }: AuditReport): ReadonlyMap<string, string> {
  return new Map(
    responsibilities.flatMap(({ members }) => members.map(({ identity, fingerprint }) => [identity, fingerprint])),
  );
}

/** Responsibility and kind, and of what goes around the owner what it uses: that does not move with the code. */
function kindOf(identity: string): string {
  const [id = "", kind = "", symbol = ""] = identity.split(" | ");
  return [id, kind, kind === "bypass" || kind === "unknown" ? symbol : ""].join(" | ");
}
