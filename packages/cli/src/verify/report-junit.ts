import { escaped } from "./escaped.ts";
import type { LatencyLine, Line } from "./line.ts";
import type { Report } from "./report.ts";

/** A test report as build servers read it: one case for each line; what was not tested or not claimed is skipped. */
export function junitReport({ lines, latencies, startedAt, durationMs, verdict, outcome, incomplete }: Report): string {
  const cases = [...lines.map(lineCase), ...latencies.map(latencyCase)];
  const early = incomplete === undefined ? [] : [skipped("complete", "Complete", incomplete)];
  const all = [...cases, ...early];
  const counts = `tests="${all.length}" failures="${number(all, "<failure")}" errors="0" skipped="${number(all, "<skipped")}"`;
  const suite = `name="throughline verify" ${counts} time="${(durationMs / 1_000).toFixed(3)}" timestamp="${startedAt}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
<testsuite ${suite}>
${all.join("\n")}
<system-out>${escaped(`${outcome}: ${verdict}`)}</system-out>
</testsuite>
</testsuites>
`;
}

function lineCase({ id, title, verdict, detail }: Line): string {
  switch (verdict) {
    case "ok":
      return testCase(id, title, `<system-out>${escaped(detail)}</system-out>`);
    case "missed":
      return testCase(id, title, `<failure message="${escaped(detail)}"/>`);
    case "not claimed":
    case "not tested":
      return skipped(id, title, `${verdict}: ${detail}`);
  }
}

function latencyCase({ id, title, p50, p95, p99, count, notTested }: LatencyLine): string {
  if (notTested !== undefined) return skipped(`latency-${id}`, title, `not tested: ${notTested}`);
  const values = [p50, p95, p99].map((value) => value?.toFixed(1) ?? "–").join(", ");
  return testCase(`latency-${id}`, title, `<system-out>p50, p95, p99 of ${count} in ms: ${values}</system-out>`);
}

function skipped(id: string, title: string, why: string): string {
  return testCase(id, title, `<skipped message="${escaped(why)}"/>`);
}

function testCase(id: string, title: string, content: string): string {
  return `<testcase classname="throughline.verify.${id}" name="${escaped(title)}">${content}</testcase>`;
}

function number(cases: readonly string[], element: string): number {
  return cases.filter((text) => text.includes(element)).length;
}
