import type { AgentQuality, QualityAlert, ReplyData } from "@throughline/protocol";

/** A report as Markdown: what its figures say, and nothing that they do not. */
export function reportText(report: Omit<ReplyData["quality.report"], "markdown">): string {
  const { agents, alerts, from, to, scope } = report;
  const whose = scope === "tenant" ? "Answers of the tenant" : "Your answers";
  const head = ["# Quality report", "", `${whose} from ${from} to ${to}.`, ""];
  if (agents.length === 0) return [...head, "No answer was judged.", ...alertLines(alerts), ""].join("\n");
  const verdicts = agents.reduce((sum, agent) => sum + agent.verdicts, 0);
  const passed = agents.reduce((sum, agent) => sum + agent.passed, 0);
  const blocked = agents.reduce((sum, agent) => sum + agent.blocked, 0);
  return [
    ...head,
    `${count(verdicts, "answer was", "answers were")} judged; ${passed} passed (${percent(passed, verdicts)}), ${blocked} were withheld.`,
    "",
    "| Agent | Answers | Passed | Withheld | Average | Median | Lowest | Highest | Trend |",
    "|---|---|---|---|---|---|---|---|---|",
    ...agents.map(
      (agent) =>
        `| ${cell(agent.agent)} | ${agent.verdicts} | ${agent.passed} (${percent(agent.passed, agent.verdicts)}) | ${agent.blocked} | ${agent.average} | ${agent.median} | ${agent.minimum} | ${agent.maximum} | ${agent.trend} |`,
    ),
    "",
    "## What was wrong",
    "",
    ...issueLines(agents),
    ...alertLines(alerts),
    "",
  ].join("\n");
}

function issueLines(agents: readonly AgentQuality[]): string[] {
  const lines = agents.flatMap(({ agent, issues, verdicts }) =>
    Object.entries(issues)
      .sort(([, left], [, right]) => right - left)
      .map(([code, number]) => `- ${cell(agent)}: ${code} in ${number} of ${verdicts}`),
  );
  return lines.length === 0 ? ["Nothing."] : lines;
}

function alertLines(alerts: readonly QualityAlert[]): string[] {
  if (alerts.length === 0) return ["", "## Alerts", "", "None."];
  return [
    "",
    "## Alerts",
    "",
    ...alerts.map(
      ({ agent, state, severity, occurrences, openedAt }) =>
        `- ${cell(agent)}: ${severity}, ${state}, ${count(occurrences, "answer", "answers")} since ${openedAt}`,
    ),
  ];
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}

/** Names are the program's own, and may still hold what ends a cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
