import type { QualityTrend } from "@throughline/protocol";

const sample = 50;
const change = 0.05;

/** The newest 50 scores against the 50 before them; `scores` newest first. */
export function trendOf(scores: readonly number[]): QualityTrend {
  if (scores.length < 2 * sample) return "unknown";
  const newer = average(scores.slice(0, sample));
  const older = average(scores.slice(sample, 2 * sample));
  if (newer > older * (1 + change)) return "improving";
  return newer < older * (1 - change) ? "degrading" : "steady";
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
