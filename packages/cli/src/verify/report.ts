/** The report of a measurement as data, from which every form of it is written. */
import { judge, latencies, percent, type Reliability, reliabilityLine, reliabilityOf } from "./judge-measurement.ts";
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
  readonly outcome: "ok" | "missed" | "incomplete";
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
  const outcome = lines.some(({ verdict }) => verdict === "missed")
    ? "missed"
    : incomplete === undefined
      ? "ok"
      : "incomplete";
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
    outcome,
    reliability,
    lines,
    latencies: latencies(measurement),
    journeys: journeys.toSorted((left, right) => left.number - right.number),
    findings: measurement.observer.findings(),
    heldBackMs: Math.round(heldBackMs),
    left,
  };
}

function verdictOf(lines: readonly Line[], { journeysToClaim }: Reliability, incomplete: string | undefined): string {
  const missed = lines.filter(({ verdict }) => verdict === "missed").map(({ title }) => title);
  const untested = lines.filter(({ verdict }) => verdict === "not tested").length;
  const isClaimed = lines.some(({ id, verdict }) => id === "reliability" && verdict === "ok");
  const claim = isClaimed
    ? `${percent(reliabilityLine)} is claimed`
    : `${percent(reliabilityLine)} is not claimed: that takes ${journeysToClaim} journeys without a failure`;
  const rest = untested === 0 ? "" : `; ${untested} not tested`;
  const early = incomplete === undefined ? "" : `Incomplete (${incomplete}). `;
  if (missed.length > 0) return `${early}Missed: ${missed.join(", ")}${rest}.`;
  return `${early}Every line that was tested holds${rest}. ${claim}.`;
}
