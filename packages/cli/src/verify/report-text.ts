import { visible } from "../visible.ts";
import { ms, seconds } from "./duration-text.ts";
import type { Report } from "./report.ts";

const verdictWidth = 11;

/** The report as a table for a terminal. Ends without a line break. Control characters are made visible. */
export function textReport(report: Report): string {
  const { url, isOwn, agent, users, journeys, planned, durationMs, lines, latencies } = report;
  const where = isOwn ? `a server of its own (${url})` : url;
  const titleWidth = Math.max(...lines.map(({ title }) => title.length));
  const latencyWidth = Math.max(...latencies.map(({ title }) => title.length));
  return [
    `${journeys.length} of ${planned} journeys of ${users} users through ${where}, agent ${agent}, ${seconds(durationMs)}`,
    "",
    ...lines.map(
      ({ title, verdict, detail }) => `${verdict.padEnd(verdictWidth)}  ${title.padEnd(titleWidth)}  ${detail}`,
    ),
    "",
    `${"Latency in ms".padEnd(latencyWidth)}  ${columns(["p50", "p95", "p99", "of"])}`,
    ...latencies.map(({ title, p50, p95, p99, count, notTested }) => {
      const values =
        notTested === undefined ? columns([ms(p50), ms(p95), ms(p99), String(count)]) : `  not tested: ${notTested}`;
      return `${title.padEnd(latencyWidth)}  ${values}`;
    }),
    "",
    ...failures(report),
    ...(report.heldBackMs > 0 ? [`Rate limits made it wait ${seconds(report.heldBackMs)} in all.`] : []),
    ...(report.left.length > 0 ? [`Left behind: ${report.left.join(", ")}.`] : []),
    report.verdict,
  ]
    .map(visible)
    .join("\n");
}

const failuresMax = 10;

function failures({ journeys }: Report): readonly string[] {
  const failed = journeys.filter(({ failure }) => failure !== undefined);
  const shown = failed.slice(0, failuresMax).map(({ number, kind, user, failure }) => {
    return `Journey ${number} (${kind}, ${user}) failed: ${failure?.reason}`;
  });
  return failed.length > failuresMax ? [...shown, `… and ${failed.length - failuresMax} more.`] : shown;
}

function columns(values: readonly string[]): string {
  return values.map((value) => value.padStart(7)).join("");
}
