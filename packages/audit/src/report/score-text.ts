import type { Compliance } from "./audit-report.ts";

/** The number in words: `100 %`, `66.6 % to 83.3 %`, or why there is none. Cut, not rounded: nearly all is not all. */
export function scoreText({ lower, upper, notMeasured }: Compliance): string {
  if (lower === null || upper === null) return `not measured: ${notMeasured}`;
  return lower === upper ? percent(lower) : `${percent(lower)} to ${percent(upper)}`;
}

export function percent(share: number): string {
  return `${Math.floor(share * 1_000) / 10} %`;
}
