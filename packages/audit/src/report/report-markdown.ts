import type { AuditReport, LayersReport, ResponsibilityReport } from "./audit-report.ts";
import { scoreText } from "./score-text.ts";

/** A report for a comment or a page of a wiki. */
export function reportMarkdown({ responsibilities, layers, findings, files }: AuditReport): string {
  const measured = [...responsibilities, ...layers.map((one) => ({ ...one, owner: "imports" }))];
  const rows = measured.map(({ id, owner, compliance, violations }) => {
    const { ok, bypass, unknown } = compliance;
    return `| ${cell(id)} | ${scoreText(compliance)} | ${ok} | ${bypass} | ${unknown} | ${violations.length} | ${code(owner)} |`;
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
    ...measured.flatMap(violationLines),
    ...(findings.length === 0 ? [] : ["## Findings", ""]),
    ...findings.map(
      ({ title, confidence, members }, index) =>
        `${index + 1}. ${cell(title)} (${confidence}): ${members.map(({ symbol }) => code(symbol)).join(", ")}`,
    ),
    "",
  ].join("\n");
}

function violationLines({ id, violations }: Pick<ResponsibilityReport | LayersReport, "id" | "violations">): string[] {
  if (violations.length === 0) return [];
  const lines = violations.map(
    ({ kind, path, line, message }) => `- ${kind.replace("_", " ")} ${code(`${path}:${line}`)} ${cell(message)}`,
  );
  return [`## ${cell(id)}`, "", ...lines, ""];
}

/** Names of files and symbols are strangers' text: it must not end a cell, a line or a piece of code, nor become markup. */
function cell(text: string): string {
  return text.replace(/[\p{Cc}]/gu, " ").replace(/[\\`*_{}[\]<>|#]/g, "\\$&");
}

function code(text: string): string {
  return `\`${text.replace(/[\p{Cc}`|]/gu, "'")}\``;
}
