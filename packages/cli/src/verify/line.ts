/** One line of the report: a promise, what was seen of it, and whether it holds. */

/**
 * `not claimed`: nothing contradicts it, and too little was seen to say it. `not tested`: nothing was seen of it at all;
 * `detail` says why.
 */
export type Verdict = "ok" | "missed" | "not claimed" | "not tested";

export interface Line {
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly detail: string;
}

/** In milliseconds; undefined with the reason when there is nothing to say. */
export interface LatencyLine {
  readonly id: string;
  readonly title: string;
  readonly count: number;
  readonly values: readonly number[];
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  /** Why there are no values. */
  readonly notTested: string | undefined;
}
