/** One life of the log, from one opening to the next. */
export interface Epoch {
  /** Larger than that of every opening before it. */
  readonly number: number;
  /** Never used before, not even by openings that this log has forgotten because an older copy of it was put back. */
  readonly name: string;
}

/** Where an epoch first appended to a feed. */
export interface EpochStart {
  readonly epoch: number;
  /** Head of the feed at that moment: nobody has seen more of this history in an epoch before. */
  readonly base: number;
}

/**
 * The last sequence that a reader can have seen in an epoch and that is still the same event: the base of the first epoch
 * that appended after it, infinite when none did. Undefined when that start is among those that were forgotten.
 *
 * @param starts In order, at most `startsMax`: the oldest are forgotten.
 */
export function sharedThrough(starts: readonly EpochStart[], epoch: number, startsMax: number): number | undefined {
  const index = starts.findIndex((start) => start.epoch > epoch);
  const next = starts[index];
  if (next === undefined) return Number.POSITIVE_INFINITY;
  return index === 0 && starts.length >= startsMax ? undefined : next.base;
}
