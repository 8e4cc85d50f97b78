const firstMs = 250;
const capMs = 15_000;

/** Full jitter: after an outage, clients come back spread over the whole wait instead of all at once. `attempt` from 1. */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(capMs, firstMs * 2 ** (attempt - 1)));
}
