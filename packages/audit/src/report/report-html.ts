import type { AuditReport, LayersReport, MemberStatus, ResponsibilityReport } from "./audit-report.ts";
import { graphSvg } from "./graph-svg.ts";
import { scoreText } from "./score-text.ts";

const words: Readonly<Record<MemberStatus, string>> = {
  canonical: "owner",
  hollow: "hollow owner",
  shim: "shim",
  adapter: "adapter",
  extension: "extension",
  leaky_adapter: "leaky adapter",
  masquerade: "masquerade",
  rival: "rival",
  dead_rival: "dead rival",
  bypass: "goes around",
  unknown: "cannot be told",
};

const style = `
:root { color-scheme: light dark; --ink: light-dark(#1c2422, #e6ece9); --paper: light-dark(#fbfaf8, #14191a); --line: light-dark(#c9cfcb, #3a4442);
  --good: light-dark(#0b6b5c, #4fc3ad); --bad: light-dark(#a3261f, #ff8f86); --mild: light-dark(#8a5a00, #f0b458); }
body { margin: 0 auto; max-width: 1100px; padding: 24px; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
.score { font-weight: 700; } .good { color: var(--good); } .bad { color: var(--bad); }
table { border-collapse: collapse; width: 100%; font-size: 0.85rem; } td:first-child, th { white-space: nowrap; } th, td { text-align: left; padding: 4px 8px; border-bottom: 1px solid var(--line); vertical-align: top; }
code { font: 0.95em ui-monospace, monospace; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; border: 1px solid var(--line); border-radius: 8px; margin: 8px 0; }
svg text { font: 11px system-ui, sans-serif; fill: var(--ink); } svg line { stroke: var(--line); }
svg .ok { stroke: var(--good); } svg .around { stroke: var(--bad); stroke-dasharray: 5 3; }
svg rect, svg ellipse { fill: var(--paper); stroke: var(--ink); }
svg .owner { stroke: var(--good); stroke-width: 3; } svg .wrong { stroke: var(--bad); stroke-width: 2; } svg .fine { stroke: var(--good); }
`;

/** One page with everything in it: no scripts, nothing is loaded. */
export function reportHtml(report: AuditReport): string {
  const { files, responsibilities, layers, findings } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Audit</title>
<style>${style}</style>
</head>
<body>
<h1>Audit</h1>
<p>${files.read} files, ${files.byRole.production} of production, ${files.byRole.test} of tests; ${files.unparsed.length} could not be parsed.</p>
${responsibilities.map(section).join("\n")}
${layers.map(layersSection).join("\n")}
${findings.length === 0 ? "" : `<h2>Findings</h2>\n<ol>${findings.map(({ title, confidence, members }) => `<li>${escaped(title)} (${confidence} confidence)<br>${members.map(({ symbol, line }) => `<code>${escaped(symbol)}</code> line ${line}`).join("<br>")}</li>`).join("\n")}</ol>`}
</body>
</html>
`;
}

function section(responsibility: ResponsibilityReport): string {
  const { id, why, compliance, target, members, violations } = responsibility;
  const { lower, ok, bypass, unknown } = compliance;
  const isGood = lower !== null && lower >= target && violations.length === 0;
  const rows = members.map(
    ({ status, symbol, evidence, sites, testSites }) =>
      `<tr><td>${words[status]}</td><td><code>${escaped(symbol)}</code></td><td>${sites}</td><td>${testSites}</td><td>${evidence
        .slice(0, 3)
        .map((one) => `<code>${escaped(`${one.path}:${one.line}`)}</code> ${escaped(one.text)}`)
        .join("<br>")}</td></tr>`,
  );
  return `<section>
<h2>${escaped(id)} <span class="score ${isGood ? "good" : "bad"}">${scoreText(compliance)}</span></h2>
<p>${escaped(why)} ${ok} use the owner, ${bypass} go around it, ${unknown} cannot be told.</p>
${graphSvg(responsibility, escaped)}
<table>
<thead><tr><th>what it is</th><th>definition</th><th>uses</th><th>in tests</th><th>proven by</th></tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table>
</section>`;
}

function layersSection({ id, why, compliance, violations }: LayersReport): string {
  const { ok, bypass, unknown } = compliance;
  const rows = violations.map(
    ({ path, line, message }) =>
      `<tr><td><code>${escaped(`${path}:${line}`)}</code></td><td>${escaped(message)}</td></tr>`,
  );
  return `<section>
<h2>${escaped(id)} <span class="score ${violations.length === 0 ? "good" : "bad"}">${scoreText(compliance)}</span></h2>
<p>${escaped(why)} ${ok} imports are allowed, ${bypass} are not, ${unknown} cannot be told.</p>
${rows.length === 0 ? "" : `<table><tbody>${rows.join("\n")}</tbody></table>`}
</section>`;
}

/** Names of files and symbols are strangers' text. */
function escaped(text: string): string {
  const visible = text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
  return visible.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
