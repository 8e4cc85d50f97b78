import type { AuditReport, ResponsibilityReport } from "./audit-report.ts";

/** A report for a comment or a page of a wiki. */
export function reportMarkdown({ responsibilities, findings, files }: AuditReport): string {
  const rows = responsibilities.map(({ id, owner, compliance, violations }) => {
    const { lower, upper, ok, bypass, unknown, notMeasured } = compliance;
    const score =
      lower === null || upper === null
        ? `not measured: ${notMeasured}`
        : lower === upper
          ? percent(lower)
          : `${percent(lower)} to ${percent(upper)}`;
    return `| ${cell(id)} | ${score} | ${ok} | ${bypass} | ${unknown} | ${violations.length} | ${code(owner)} |`;
  });
  return [
    "# Audit",
    "",
    `${files.read} files, ${files.byRole.production} of production; ${files.unparsed.length} could not be parsed.`,
    "",
    ...(rows.length === 0
      ? []
      : [
          "| Responsibility | Compliance | ok | around | unknown | Violations | Owner |",
          "|---|---|---|---|---|---|---|",
          ...rows,
          "",
        ]),
    ...responsibilities.flatMap(violationLines),
    ...(findings.length === 0 ? [] : ["## Findings", ""]),
    ...findings.map(
      ({ title, confidence, members }, index) =>
        `${index + 1}. ${cell(title)} (${confidence}): ${members.map(({ symbol }) => code(symbol)).join(", ")}`,
    ),
    "",
  ].join("\n");
}

function violationLines({ id, violations }: ResponsibilityReport): string[] {
  if (violations.length === 0) return [];
  const lines = violations.map(
    ({ kind, path, line, message }) => `- ${kind.replace("_", " ")} ${code(`${path}:${line}`)} ${cell(message)}`,
  );
  return [`## ${cell(id)}`, "", ...lines, ""];
}

function percent(share: number): string {
  return `${Math.floor(share * 1_000) / 10} %`;
}

/** Names of files and symbols are strangers' text: it must not end a cell, a line or a piece of code, nor become markup. */
function cell(text: string): string {
  return text.replace(/[\p{Cc}]/gu, " ").replace(/[\\`*_{}[\]<>|#]/g, "\\$&");
}

function code(text: string): string {
  return `\`${text.replace(/[\p{Cc}`|]/gu, "'")}\``;
}
