/** Times of one window; handed over and forgotten when the window ends. */
export class Latencies {
  readonly #values = new Map<LatencyName, number[]>();

  add(name: LatencyName, milliseconds: number): void {
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [milliseconds]);
    else values.push(milliseconds);
  }

  /** Median of each since the last call. */
  take(): Partial<Record<LatencyName, number>> {
    const medians = Object.fromEntries([...this.#values].map(([name, values]) => [name, medianOf(values)]));
    this.#values.clear();
    return medians;
  }
}

/** Command to reply, command to the first event of the run, command to its end. */
export type LatencyName = "acknowledged" | "firstEvent" | "answer";

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return sorted.length === 0 ? Number.NaN : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
