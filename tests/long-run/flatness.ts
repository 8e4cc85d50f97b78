import { medianOf } from "./latencies.ts";
import type { Sample } from "./sample.ts";

/** How much a series may rise over the judged part, on the line that fits it best. */
export interface Bound {
  readonly series: Exclude<keyof Sample, "at" | "cpuSeconds">;
  readonly name: string;
  readonly unit: "bytes" | "count" | "ms";
  /** Share of the median of the judged part. */
  readonly shareMax: number;
  /** A rise of less than this is none, however small the median is. */
  readonly riseMin: number;
}

const mebibyte = 1_048_576;

/** Noise of a shared machine is larger in times than in counts; a leak of any size crosses these within hours. */
export const bounds: readonly Bound[] = [
  { series: "residentBytes", name: "resident memory", unit: "bytes", shareMax: 0.15, riseMin: 16 * mebibyte },
  { series: "heapUsedBytes", name: "JavaScript heap", unit: "bytes", shareMax: 0.2, riseMin: 12 * mebibyte },
  { series: "externalBytes", name: "external memory", unit: "bytes", shareMax: 0.2, riseMin: 8 * mebibyte },
  { series: "fileDescriptors", name: "file descriptors", unit: "count", shareMax: 0.1, riseMin: 4 },
  { series: "threads", name: "threads", unit: "count", shareMax: 0, riseMin: 1 },
  { series: "timersPending", name: "pending timers", unit: "count", shareMax: 0.2, riseMin: 10 },
  { series: "logBytes", name: "log on the disk", unit: "bytes", shareMax: 0.2, riseMin: 2 * mebibyte },
  { series: "acknowledged", name: "command to reply, p50", unit: "ms", shareMax: 0.5, riseMin: 10 },
  { series: "firstEvent", name: "command to first event, p50", unit: "ms", shareMax: 0.5, riseMin: 15 },
  { series: "answer", name: "command to answer, p50", unit: "ms", shareMax: 0.3, riseMin: 50 },
];

export interface Judgement {
  readonly bound: Bound;
  readonly values: readonly number[];
  readonly first: number;
  readonly median: number;
  readonly last: number;
  /** Rise over the judged part on the fitted line. */
  readonly rise: number;
  readonly riseMax: number;
  readonly isFlat: boolean;
}

/**
 * Judges the second half of the samples: the first is the way to the steady state. The line is that of Theil and Sen (the
 * median of the slopes of all pairs), which single spikes do not move.
 */
export function judgeFlatness(samples: readonly Sample[]): Judgement[] {
  const judged = samples.slice(Math.floor(samples.length / 2));
  return bounds.map((bound) => {
    const points = judged.flatMap((sample) => {
      const value = sample[bound.series];
      return value === undefined || Number.isNaN(value) ? [] : [{ at: sample.at, value }];
    });
    const values = points.map(({ value }) => value);
    const spanSeconds = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0);
    const rise = slopeOf(points) * spanSeconds;
    const median = medianOf(values);
    const riseMax = Math.max(bound.riseMin, bound.shareMax * median);
    const part = Math.max(1, Math.floor(values.length / 10));
    const first = medianOf(values.slice(0, part));
    const last = medianOf(values.slice(-part));
    // Nothing measured is not flat: it is not known.
    return { bound, values, first, median, last, rise, riseMax, isFlat: values.length >= 2 && rise <= riseMax };
  });
}

function slopeOf(points: readonly { readonly at: number; readonly value: number }[]): number {
  // Of very many samples every n-th is as good, and pairs grow with the square.
  const step = Math.ceil(points.length / 500);
  const chosen = points.filter((_point, index) => index % step === 0);
  const slopes = chosen.flatMap((left, index) =>
    chosen.slice(index + 1).map((right) => (right.value - left.value) / (right.at - left.at)),
  );
  return slopes.length === 0 ? 0 : medianOf(slopes);
}
