/** The report of a measurement as data, from which every form of it is written. */
import {
  judge,
  latencies,
  notClaimed,
  percent,
  type Reliability,
  reliabilityLine,
  reliabilityOf,
} from "./judge-measurement.ts";
import type { LatencyLine, Line } from "./line.ts";
import type { JourneyResult, Measurement } from "./measurement.ts";
import type { Finding } from "./observer.ts";

export interface Report {
  readonly url: string;
  readonly isOwn: boolean;
  readonly agent: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly users: number;
  readonly planned: number;
  /** Why there are fewer journeys than planned. */
  readonly incomplete: string | undefined;
  /** One sentence. */
  readonly verdict: string;
  /** `not claimed`: nothing is wrong, and too few journeys were made to say that the line of reliability holds. */
  readonly outcome: "ok" | "missed" | "incomplete" | "not claimed";
  readonly reliability: Reliability;
  readonly lines: readonly Line[];
  readonly latencies: readonly LatencyLine[];
  readonly journeys: readonly JourneyResult[];
  readonly findings: readonly Finding[];
  readonly heldBackMs: number;
  readonly left: readonly string[];
}

export function reportOf(measurement: Measurement): Report {
  const { url, isOwn, agent, startedAt, durationMs, users, planned, incomplete, journeys, left, heldBackMs } =
    measurement;
  const lines = judge(measurement);
  const reliability = reliabilityOf(measurement);
  return {
    url,
    isOwn,
    agent,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(durationMs),
    users,
    planned,
    incomplete,
    verdict: verdictOf(lines, reliability, incomplete),
    outcome: outcomeOf(lines, incomplete),
    reliability,
    lines,
    latencies: latencies(measurement),
    journeys: journeys.toSorted((left, right) => left.number - right.number),
    findings: measurement.observer.findings(),
    heldBackMs: Math.round(heldBackMs),
    left,
  };
}

function outcomeOf(lines: readonly Line[], incomplete: string | undefined): Report["outcome"] {
  if (lines.some(({ verdict }) => verdict === "missed")) return "missed";
  if (incomplete !== undefined) return "incomplete";
  return isClaimed(lines) ? "ok" : "not claimed";
}

function isClaimed(lines: readonly Line[]): boolean {
  return lines.some(({ id, verdict }) => id === "reliability" && verdict === "ok");
}

function verdictOf(lines: readonly Line[], reliability: Reliability, incomplete: string | undefined): string {
  const missed = lines.filter(({ verdict }) => verdict === "missed").map(({ title }) => title);
  const untested = lines.filter(({ verdict }) => verdict === "not tested").length;
  const claim = isClaimed(lines) ? `${percent(reliabilityLine)} is claimed` : notClaimed(reliability);
  const rest = untested === 0 ? "" : `; ${untested} not tested`;
  const early = incomplete === undefined ? "" : `Incomplete (${incomplete}). `;
  if (missed.length > 0) return `${early}Missed: ${missed.join(", ")}${rest}.`;
  return `${early}Every line that was tested holds${rest}. ${claim}.`;
}
