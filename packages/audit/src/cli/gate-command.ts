import { join, relative } from "node:path";
import { type CheckOptions, check } from "../check.ts";
import type { AuditConfig } from "../config/audit-config.ts";
import { readConfig } from "../config/read-config.ts";
import { KeptResult } from "../files/kept-result.ts";
import { BaseTree } from "../gate/base-tree.ts";
import { matchEntries } from "../gate/baseline.ts";
import { declaredScopeOf } from "../gate/declared-scope.ts";
import { type GateBase, type GateResult, gate } from "../gate/gate.ts";
import type { AuditReport } from "../report/audit-report.ts";
import { violationsOf } from "../report/violations-of.ts";
import { baselineFileName, baselineOf, readBaseline } from "./baseline-file.ts";
import { configFileName } from "./config-file.ts";

export interface GateWords {
  readonly root: string;
  readonly configFile: string | undefined;
  readonly baselineFile: string | undefined;
  readonly base: string | undefined;
  readonly acceptScope: boolean;
  readonly today: string;
}

/** The gate over a report, beside the baseline in the folder and, when asked for, the code at a commit. */
export async function gateOf(
  report: AuditReport,
  config: AuditConfig,
  words: GateWords,
  options: CheckOptions,
): Promise<GateResult> {
  const { root, base, today, acceptScope } = words;
  const file = words.baselineFile ?? join(root, baselineFileName);
  const baseline = readBaseline(file);
  const parts = { report, baseline, scope: declaredScopeOf(config), today, acceptScope };
  if (base === undefined) return gate(parts);
  const tree = new BaseTree(root, base);
  const textAt = (path: string) => tree.text(relative(root, path).replaceAll("\\", "/"));
  const baselineText = textAt(file);
  const configText = textAt(words.configFile ?? join(root, configFileName));
  const before = baselineText === undefined ? undefined : baselineOf(baselineText, `${file} of ${base}`);
  const scope = configText === undefined ? undefined : declaredScopeOf(readConfig(configText));
  const { known } = matchEntries(report, baseline?.entries ?? []);
  const isDecided = before !== undefined && violationsOf(report).every(({ identity }) => known.has(identity));
  // What is in the baseline needs no second look, and a look at the whole of the code before costs as much as the first.
  const measured = isDecided ? undefined : await checkBase(tree, config, today, options);
  const gateBase: GateBase = {
    baseline: before,
    scope,
    ignores: measured?.ignores ?? 0,
    violations: new Set(measured === undefined ? [] : violationsOf(measured).map(({ identity }) => identity)),
  };
  return gate({ ...parts, base: gateBase });
}

/** The same commit is the base of many runs. */
async function checkBase(
  tree: BaseTree,
  config: AuditConfig,
  today: string,
  options: CheckOptions,
): Promise<AuditReport> {
  const { cacheFolder } = options;
  const kept = cacheFolder === undefined ? undefined : new KeptResult<AuditReport>(cacheFolder, "base");
  const dependsOn = [tree.id, config, today];
  const known = kept?.read(dependsOn);
  if (known !== undefined) return known;
  const report = await tree.with((folder) => check(folder, config, today, { ...options, isPassing: true }));
  kept?.write(dependsOn, report);
  return report;
}

export function gateLines(result: GateResult): string[] {
  const { added, older, stale, expired, admitted, unmeasured, scopeChanges, ignoresAdded, exitCode } = result;
  const verdicts = ["fine", "something is new, stale or over", "it could not be measured"] as const;
  return [
    "",
    ...(result.hasBaseline
      ? []
      : ["there is no baseline: whatever is wrong is new; `audit baseline update` writes one"]),
    ...unmeasured.map((text) => `not measured  ${text}`),
    ...added.map(({ kind, path, line, message }) => `new      ${kind}  ${path}:${line}  ${message}`),
    ...older.map(({ kind, path, line, message }) => `older    ${kind}  ${path}:${line}  ${message}`),
    ...stale.map(({ identity }) => `stale    ${identity}; audit baseline update takes it out`),
    ...expired.map(({ identity, owner, until }) => `over     ${identity}; its last day was ${until}, ask ${owner}`),
    ...admitted.map(
      ({ identity, reason, owner, until }) => `admitted ${identity}; ${reason}, until ${until}, ask ${owner}`,
    ),
    ...scopeChanges.map((change) => `changed  ${change}`),
    ...(scopeChanges.length > 0 ? ["         a change of scope or owner needs --accept-scope"] : []),
    ...(ignoresAdded > 0 ? [`ignores  ${ignoresAdded} more inline ignores than before`] : []),
    `gate: ${verdicts[exitCode]}`,
  ];
}
