import { ms, seconds } from "./duration-text.ts";
import { escaped } from "./escaped.ts";
import { journeyKinds } from "./journey.ts";
import { percent } from "./judge-measurement.ts";
import type { LatencyLine, Line, Verdict } from "./line.ts";
import { journeysPlot, latencyPlot, reliabilityPlot } from "./plots.ts";
import type { Report } from "./report.ts";

/** The report as one page: nothing in it comes from elsewhere, and no script runs in it. */
export function htmlReport(report: Report): string {
  const { url, isOwn, agent, startedAt, durationMs, users, journeys, planned, lines, latencies } = report;
  const where = isOwn ? "a server of its own" : url;
  const measured = latencies.filter(({ notTested }) => notTested === undefined);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>throughline verify: ${escaped(outcomeWords[report.outcome])}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="program">throughline verify</p>
<h1 class="${report.outcome.replace(" ", "-")}">${outcomeWords[report.outcome]}</h1>
<p class="verdict">${escaped(report.verdict)}</p>
<dl>
${fact("Deployment", where)}
${fact("Agent", agent)}
${fact("Journeys", `${journeys.length.toLocaleString("en-US")} of ${planned.toLocaleString("en-US")}`)}
${fact("Users at once", String(users))}
${fact("Took", seconds(durationMs))}
${fact("Began", startedAt.replace("T", " ").replace(/\.\d+Z$/, " UTC"))}
</dl>
</header>
<section>
<h2>Reliability</h2>
<div class="wide">${reliabilityPlot(report.reliability)}</div>
<p class="caption">${escaped(reliabilityWords(report))}</p>
</section>
<section>
<h2>What was promised, and what was seen</h2>
<table class="lines">
<thead><tr><th>Verdict</th><th>Line</th><th>Seen</th></tr></thead>
<tbody>
${lines.map(lineRow).join("\n")}
</tbody>
</table>
</section>
<section>
<h2>Latency</h2>
<table class="numbers">
<thead><tr><th>In milliseconds</th><th>p50</th><th>p95</th><th>p99</th><th>Of</th></tr></thead>
<tbody>
${latencies.map(latencyRow).join("\n")}
</tbody>
</table>
<div class="plots">
${measured.map((line) => `<figure><figcaption>${escaped(line.title)}</figcaption>${latencyPlot(line)}</figure>`).join("\n")}
</div>
<p class="caption">Share of the values (upwards) that are at most so long (to the right, logarithmic). Dots: p50, p95, p99;
a dash where too few values lie above. Only journeys to which nothing happened count, but for the last line.</p>
</section>
<section>
<h2>Journeys</h2>
<div class="wide">${journeysPlot(journeys)}</div>
<p class="caption">Duration of each journey in the order in which they began. Triangles killed the server, crosses failed. A
journey lasts longer when somebody else's kills the server.</p>
<table class="numbers">
<thead><tr><th>What happened</th><th>Journeys</th><th>Failed</th><th>In mid-answer</th><th>Too late</th></tr></thead>
<tbody>
${kindRows(report).join("\n")}
</tbody>
</table>
</section>
${failures(report)}
${remarks(report)}
</main>
</body>
</html>
`;
}

const outcomeWords = {
  ok: "Every tested line holds",
  missed: "A line is missed",
  incomplete: "Incomplete",
  "not claimed": "Nothing is wrong, and too little was tried",
} as const;

const kindWords = {
  plain: "nothing",
  drop: "connections were cut",
  reconnect: "devices left and came back",
  duplicate: "commands were sent again",
  stop: "the run was stopped",
  slow: "a device did not read",
  hostile: "a stranger tried foreign ids",
  kill: "the server was killed",
} as const;

function fact(name: string, value: string): string {
  return `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`;
}

function reliabilityWords({ reliability }: Report): string {
  const { journeys, failed, lower, upper, journeysToClaim } = reliability;
  return (
    `${journeys - failed} of ${journeys} journeys went well. With 95 % confidence between ${percent(lower)} and ` +
    `${percent(upper)} of all journeys do (exact interval of Clopper and Pearson). To claim a line, the whole ` +
    `interval has to be above it; without a failure that takes ${journeysToClaim} journeys.`
  );
}

const signs: Readonly<Record<Verdict, string>> = { ok: "✓", missed: "✕", "not claimed": "○", "not tested": "–" };

function lineRow({ title, verdict, detail }: Line): string {
  const sign = `<span aria-hidden="true">${signs[verdict]}</span> ${verdict}`;
  const style = verdict.replace(" ", "-");
  return `<tr><td class="sign ${style}">${sign}</td><th scope="row">${escaped(title)}</th><td>${escaped(detail)}</td></tr>`;
}

function latencyRow({ title, p50, p95, p99, count, notTested }: LatencyLine): string {
  const name = `<th scope="row">${escaped(title)}</th>`;
  if (notTested !== undefined)
    return `<tr>${name}<td colspan="4" class="untested">not tested: ${escaped(notTested)}</td></tr>`;
  const cells = [ms(p50), ms(p95), ms(p99), count.toLocaleString("en-US")];
  return `<tr>${name}${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

function kindRows({ journeys }: Report): readonly string[] {
  return journeyKinds.map((kind) => {
    const those = journeys.filter((journey) => journey.kind === kind);
    const failed = those.filter(({ failure }) => failure !== undefined).length;
    const inTime = those.reduce((sum, { facts }) => sum + facts.faults.inTime, 0);
    const tooLate = those.reduce((sum, { facts }) => sum + facts.faults.tooLate, 0);
    const hasFaults = inTime + tooLate > 0;
    const cells = [those.length, failed, hasFaults ? inTime : "–", hasFaults ? tooLate : "–"];
    return `<tr><th scope="row">${kindWords[kind]}</th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
}

const failuresMax = 50;

function failures({ journeys, findings }: Report): string {
  const failed = journeys.filter(({ failure }) => failure !== undefined);
  if (failed.length + findings.length === 0) return "";
  const reasons = failed.slice(0, failuresMax).map(({ number, kind, user, failure }) => {
    return `<li><b>Journey ${number}</b>, ${kind}, ${escaped(user)}: ${escaped(failure?.reason ?? "")}</li>`;
  });
  const found = findings.slice(0, failuresMax).map(({ kind, user, detail }) => {
    return `<li><b>${kind}</b>, ${escaped(user)}, ${escaped(detail)}</li>`;
  });
  return `<section>
<h2>What went wrong</h2>
<p>The first ${reasons.length} of ${failed.length} failed journeys and the first ${found.length} findings.</p>
<ul>${reasons.join("")}</ul>
<ul>${found.join("")}</ul>
</section>`;
}

function remarks({ heldBackMs, left }: Report): string {
  const texts = [
    ...(heldBackMs > 0 ? [`Rate limits of the deployment made it wait ${seconds(heldBackMs)} in all.`] : []),
    ...(left.length > 0 ? [`Left behind: ${left.join(", ")}.`] : []),
  ];
  if (texts.length === 0) return "";
  return `<section><h2>Remarks</h2>${texts.map((text) => `<p>${escaped(text)}</p>`).join("")}</section>`;
}

const style = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#fbfaf8, #141618);
  --surface: light-dark(#ffffff, #1b1e21);
  --line: light-dark(#e3dfd7, #2b3035);
  --text: light-dark(#1c1f23, #e9e7e3);
  --muted: light-dark(#5a5e65, #a4a9b0);
  --accent: light-dark(#0d6b63, #5ac8b9);
  --soft: light-dark(#bfdedb, #22504b);
  --danger: light-dark(#b3261e, #ff9087);
  --warning: light-dark(#7d4b00, #f0b866);
  --ok: light-dark(#1a6f34, #72d68d);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 40px 20px 64px; }
.program { margin: 0; color: var(--muted); font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 14px; }
h1 { margin: 4px 0 8px; font-size: 34px; line-height: 1.2; letter-spacing: -0.01em; }
h1.ok { color: var(--ok); } h1.missed { color: var(--danger); } h1.incomplete, h1.not-claimed { color: var(--warning); }
.verdict { margin: 0 0 20px; max-width: 44em; overflow-wrap: anywhere; }
h2 { margin: 0 0 12px; font-size: 18px; }
dl { display: flex; flex-wrap: wrap; gap: 10px 32px; margin: 0; }
dt { color: var(--muted); font-size: 13px; } dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
section { margin-top: 24px; padding: 20px 22px; background: var(--surface); border: 1px solid var(--line); border-radius: 12px; }
table { width: 100%; border-collapse: collapse; font-size: 15px; }
thead th { padding: 0 12px 6px 0; color: var(--muted); font-weight: 500; font-size: 13px; text-align: left; }
tbody th, tbody td { padding: 7px 12px 7px 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
tbody th { font-weight: 600; white-space: nowrap; }
.lines td:last-child { color: var(--muted); overflow-wrap: anywhere; }
.sign { white-space: nowrap; font-weight: 600; }
.sign.ok { color: var(--ok); } .sign.missed { color: var(--danger); }
.sign.not-claimed { color: var(--warning); } .sign.not-tested { color: var(--muted); font-weight: 400; }
.numbers th:not(:first-child), .numbers td { text-align: right; font-variant-numeric: tabular-nums; }
.numbers td.untested { text-align: left; color: var(--muted); }
.numbers tbody th { font-weight: 400; white-space: normal; }
.numbers tr > :last-child { padding-right: 0; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 8px 24px; margin-top: 20px; }
figure { margin: 0; } figcaption { font-size: 14px; font-weight: 600; }
.caption { margin: 12px 0 0; color: var(--muted); font-size: 14px; max-width: 50em; }
.caption + table { margin-top: 20px; }
ul { padding-left: 20px; font-size: 14px; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; }
.wide { overflow-x: auto; } .wide svg { min-width: 560px; }
svg text { font-size: 12px; fill: var(--muted); font-variant-numeric: tabular-nums; }
svg .goal-text { fill: var(--text); }
.axis, .grid { stroke: var(--line); stroke-width: 1; }
.goal { stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 4 3; }
.interval { fill: var(--soft); stroke: var(--accent); stroke-width: 1; }
.point { fill: var(--accent); stroke: var(--surface); stroke-width: 1.5; }
.curve { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; }
.journey { fill: var(--accent); fill-opacity: 0.45; }
.killed { fill: var(--warning); } .failed { fill: none; stroke: var(--danger); stroke-width: 2.5; }
@media (max-width: 560px) { main { padding: 24px 12px 40px; } section { padding: 16px 14px; } tbody th { white-space: normal; } }
@media print { section { break-inside: avoid; } }
`;
