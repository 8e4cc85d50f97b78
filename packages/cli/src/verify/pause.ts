import { setTimeout as delay } from "node:timers/promises";

/** Resolves after a while; rejects with the signal's reason when it aborts before. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await delay(ms, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}
