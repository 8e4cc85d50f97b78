import type { AuditReport, Evidence, LayersReport, MemberStatus, ResponsibilityReport } from "./audit-report.ts";
import { percent, scoreText } from "./score-text.ts";
import { visible } from "./visible.ts";

const besides: readonly (readonly [MemberStatus, string])[] = [
  ["rival", "rivals"],
  ["leaky_adapter", "leaky adapters"],
  ["masquerade", "masquerades"],
  ["dead_rival", "dead rivals"],
];

const skippedLinesMax = 20;

/** A report as lines for a terminal. Control characters of names are made visible. */
export function terminalTable(report: AuditReport): string {
  const { read, byLanguage, byRole, unparsed, skipped } = report.files;
  const lines = [
    `${read} files: ${byLanguage.typescript} TypeScript, ${byLanguage.javascript} JavaScript, ${byLanguage.python} Python; ${byRole.production} of production, ${byRole.test} of tests`,
    ...unparsed.map(({ path, line, message }) => `unparsed  ${path}:${line}  ${message}`),
    ...skippedLines(skipped),
    reachText(report.files),
    ...(report.ignores > 0 ? [`${report.ignores} inline ignores`] : []),
  ];
  for (const responsibility of report.responsibilities) lines.push("", ...responsibilityLines(responsibility));
  for (const layers of report.layers) lines.push("", ...layersLines(layers));
  for (const [index, { confidence, score, kind, title, members }] of report.findings.entries()) {
    lines.push("", `${index + 1}. ${title}  (${confidence} confidence, ${score}, ${kind.replace("_", " ")})`);
    for (const { symbol, line, sites } of members) lines.push(`   ${symbol}  line ${line}, ${sites} use sites`);
  }
  if (report.command === "discover" && report.findings.length === 0)
    lines.push("", "Nothing was found that seems to have more than one owner.");
  return lines.map(visible).join("\n");
}

/** Of a dead rival also why it is dead. */
function whyText(status: MemberStatus, evidence: readonly Evidence[]): string {
  const lines = status === "dead_rival" ? evidence : evidence.slice(0, 1);
  return lines.map(({ text }) => text).join("; ");
}

/** Nobody has looked at them, so whoever reads the number has to know. */
function skippedLines(skipped: AuditReport["files"]["skipped"]): string[] {
  const lines = skipped.slice(0, skippedLinesMax).map(({ path, reason }) => `not read  ${path}  ${reason}`);
  return skipped.length > lines.length ? [...lines, `not read  ${skipped.length - lines.length} more`] : lines;
}

function responsibilityLines(report: ResponsibilityReport): string[] {
  const { id, owner, compliance, target, members, violations, unusedPrimitives } = report;
  const { ok, bypass, unknown } = compliance;
  const counts = besides.flatMap(([status, words]) => {
    const count = members.filter((member) => member.status === status && member.role === "production").length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return [
    `${id}  ${scoreText(compliance)}  (target ${percent(target)}; ${ok} use the owner, ${bypass} go around it, ${unknown} cannot be told)`,
    `  owner ${owner}`,
    ...(counts.length === 0 ? [] : [`  beside it: ${counts.join(", ")}`]),
    ...members
      .filter(({ status }) => status !== "canonical")
      .map(({ status, symbol, evidence, ignored }) => {
        const [first] = evidence;
        return `  ${status.replace("_", " ").padEnd(13)} ${symbol}  ${first === undefined ? "" : `${first.path}:${first.line}  ${whyText(status, evidence)}`}${ignored === undefined ? "" : `  (ignored: ${ignored})`}`;
      }),
    ...violations
      .filter(({ kind }) => kind === "missing_owner" || kind === "unproven_adapter" || kind === "expired_exception")
      .map(({ kind, message }) => `  ${kind.replace("_", " ")}: ${message}`),
    ...unusedPrimitives.map((call) => `  nothing uses ${call}, not even the owner: is it misspelled?`),
  ];
}

function reachText({ entries, unreached }: AuditReport["files"]): string {
  if (entries === 0) return "no entry point is known: everything counts as reached";
  return `${entries} entry points; ${unreached.length} files of production are not reached from them by imports`;
}

function layersLines({ id, compliance, violations }: LayersReport): string[] {
  const { ok, bypass, unknown } = compliance;
  return [
    `${id}  ${scoreText(compliance)}  (${ok} imports are allowed, ${bypass} are not, ${unknown} cannot be told)`,
    ...violations.map(({ kind, path, line, message }) => `  ${kind.padEnd(13)} ${path}:${line}  ${message}`),
  ];
}
