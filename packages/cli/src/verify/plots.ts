/** The plots of the report: SVG that takes its colours from the page. Each says in words what it shows. */
import { ms } from "./duration-text.ts";
import { escaped } from "./escaped.ts";
import { percent, type Reliability, reliabilityLine } from "./judge-measurement.ts";
import type { LatencyLine } from "./line.ts";
import type { JourneyResult } from "./measurement.ts";

interface Scale {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

const width = 720;

/** The interval of the success rate against the line that it has to reach. */
export function reliabilityPlot({ lower, upper, journeys, failed }: Reliability): string {
  const [height, middle] = [96, 40];
  const from = Math.min(Math.floor(lower * 100) / 100, 0.98);
  const scale = { from, to: 1, start: 16, end: width - 28 };
  const at = (value: number) => place(scale, value);
  const ticks = ticksBetween(from, 1, 6).map((value) => tick(at(value), height - 26, `${trimmed(value * 100)} %`));
  const line = at(reliabilityLine);
  return svg(
    height,
    `${journeys - failed} of ${journeys} journeys; 95 % interval ${percent(lower)} to ${percent(upper)}`,
    [
      `<line class="axis" x1="16" x2="${width - 16}" y1="${height - 30}" y2="${height - 30}"/>`,
      ...ticks,
      `<line class="goal" x1="${line}" x2="${line}" y1="16" y2="${height - 30}"/>`,
      `<text class="goal-text" x="${line - 6}" y="14" text-anchor="end">the line, ${percent(reliabilityLine)}</text>`,
      `<rect class="interval" x="${at(lower)}" y="${middle - 7}" width="${fixed(Math.max(at(upper) - at(lower), 2))}" height="14" rx="3"/>`,
      `<circle class="point" cx="${at(journeys === 0 ? 0 : 1 - failed / journeys)}" cy="${middle}" r="5"/>`,
    ],
  );
}

/** How long each journey took, in the order in which they began. */
export function journeysPlot(journeys: readonly JourneyResult[]): string {
  const [height, left, bottom] = [240, 56, 210];
  const longest = Math.max(...journeys.map(({ durationMs }) => durationMs), 1_000);
  const x = { from: 0, to: Math.max(...journeys.map(({ number }) => number), 1), start: left + 8, end: width - 12 };
  const step = ticksBetween(0, longest / 1_000, 4)[1] ?? 1;
  const y = { from: 0, to: Math.ceil(longest / 1_000 / step) * step, start: bottom, end: 16 };
  const lines = ticksBetween(0, y.to, y.to / step).map((value) => {
    const at = place(y, value);
    return (
      `<line class="grid" x1="${left}" x2="${width - 12}" y1="${at}" y2="${at}"/>` +
      `<text class="tick" x="${left - 8}" y="${at + 4}" text-anchor="end">${trimmed(value)} s</text>`
    );
  });
  const dots = shown(journeys).map((journey) =>
    dot(journey, place(x, journey.number), place(y, journey.durationMs / 1_000)),
  );
  const failed = journeys.filter(({ failure }) => failure !== undefined).length;
  return svg(height, `Duration of ${journeys.length} journeys, at most ${ms(longest)} ms; ${failed} failed`, [
    ...lines,
    ...dots,
    `<text class="tick" x="${left}" y="${height - 8}">first journey</text>`,
    `<text class="tick" x="${width - 12}" y="${height - 8}" text-anchor="end">last</text>`,
  ]);
}

const dotsMax = 3_000;

/** All that failed or was killed, and of the others as many as a plot can show. */
function shown(journeys: readonly JourneyResult[]): readonly JourneyResult[] {
  const every = Math.ceil(journeys.length / dotsMax);
  return journeys.filter(({ failure, kind }, index) => failure !== undefined || kind === "kill" || index % every === 0);
}

function dot({ number, kind, durationMs, failure }: JourneyResult, x: number, y: number): string {
  const text = `journey ${number}, ${kind}, ${ms(durationMs)} ms${failure === undefined ? "" : `: ${failure.reason}`}`;
  const title = `<title>${escaped(text)}</title>`;
  if (failure !== undefined) {
    return `<path class="failed" d="M${x - 5} ${y - 5}l10 10m0-10l-10 10">${title}</path>`;
  }
  if (kind === "kill") return `<path class="killed" d="M${x} ${y - 6}l6 10h-12z">${title}</path>`;
  return `<circle class="journey" cx="${x}" cy="${y}" r="3">${title}</circle>`;
}

/** Which share of the values is below which duration, from the shortest to the longest; p50, p95 and p99 are marked. */
export function latencyPlot(line: LatencyLine): string {
  const { values, title } = line;
  const [height, top, bottom] = [140, 12, 108];
  const least = Math.max(values[0] ?? 0.1, 0.1);
  const most = Math.max(values.at(-1) ?? 1, least * 1.01);
  const decades = { from: Math.log10(least), to: Math.log10(most), start: 44, end: 344 };
  const x = (value: number) => place(decades, Math.log10(Math.max(value, least)));
  const y = { from: 0, to: 1, start: bottom, end: top };
  const points = thinned(values).map(([value, share]) => `${x(value)} ${place(y, share)}`);
  const known = [[0.5, line.p50] as const, [0.95, line.p95] as const, [0.99, line.p99] as const];
  const marks = known.map(([share, value]) => {
    if (value === undefined) return "";
    return `<circle class="point" cx="${x(value)}" cy="${place(y, share)}" r="3.5"><title>p${share * 100}: ${ms(value)} ms</title></circle>`;
  });
  const shares = [0, 0.5, 1].map((share) => {
    const at = place(y, share);
    return (
      `<line class="grid" x1="44" x2="344" y1="${at}" y2="${at}"/>` +
      `<text class="tick" x="38" y="${at + 4}" text-anchor="end">${share * 100} %</text>`
    );
  });
  const summary = `${title}: p50 ${ms(line.p50)} ms, p95 ${ms(line.p95)} ms, p99 ${ms(line.p99)} ms`;
  return svg(
    height,
    summary,
    [
      ...shares,
      `<path class="curve" d="M${points.join("L")}"/>`,
      ...marks,
      tick(44, bottom + 12, `${ms(least)} ms`, "start"),
      tick(344, bottom + 12, `${ms(most)} ms`, "end"),
    ],
    360,
  );
}

/** At most some hundred points: more than that is not to be told apart. */
function thinned(values: readonly number[]): readonly (readonly [value: number, share: number])[] {
  const every = Math.ceil(values.length / 300);
  const points = values.map((value, index) => [value, (index + 1) / values.length] as const);
  return points.filter((_point, index) => index % every === 0 || index === points.length - 1);
}

function svg(height: number, label: string, parts: readonly string[], wide = width): string {
  const text = escaped(label);
  return `<svg viewBox="0 0 ${wide} ${height}" role="img" aria-label="${text}">${parts.join("")}</svg>`;
}

function tick(x: number, y: number, text: string, anchor = "middle"): string {
  return `<text class="tick" x="${x}" y="${y + 14 - 4}" text-anchor="${anchor}">${text}</text>`;
}

function place({ from, to, start, end }: Scale, value: number): number {
  return Number(fixed(start + ((value - from) / (to - from)) * (end - start)));
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** Round values, at most `count` of them and one more. */
function ticksBetween(from: number, to: number, count: number): number[] {
  const raw = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, index) => (first + index) * step);
}
