/**
 * The only source of time. Everything that waits or stamps takes a `Clock`, so a whole system can run under virtual time.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when the machine's time is set. For stamps. */
  now(): number;
  /** Milliseconds that never go back; the zero is arbitrary. For durations, leases and deadlines. */
  monotonic(): number;
  /** Calls `callback` once after `delayMs`, unless cancelled. A pending timer does not keep the process alive. */
  schedule(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  /** Harmless when the timer has fired or was cancelled before. */
  cancel(): void;
}

/** The longest wait of Node's own timers; a longer one would be called at once. */
const nodeTimerMsMax = 2_147_483_647;

let systemTimersPending = 0;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, callback) {
    let handle: NodeJS.Timeout | undefined;
    const end = () => {
      if (handle === undefined) return false;
      clearTimeout(handle);
      handle = undefined;
      systemTimersPending -= 1;
      return true;
    };
    const wait = (remainingMs: number) => {
      const afterwardsMs = remainingMs - nodeTimerMsMax;
      handle =
        afterwardsMs > 0
          ? setTimeout(() => wait(afterwardsMs), nodeTimerMsMax)
          : setTimeout(() => end() && callback(), remainingMs);
      handle.unref();
    };
    systemTimersPending += 1;
    wait(delayMs);
    return { cancel: () => void end() };
  },
};

/** Timers of the system clock that have neither fired nor been cancelled: one that is forgotten shows here. */
export function pendingSystemTimers(): number {
  return systemTimersPending;
}

/** Resolves after `delayMs`, or at once when `signal` aborts; never rejects. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      timer.cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = clock.schedule(delayMs, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}

let lastMilliseconds = Number.NaN;
let lastInstant = "";

/** ISO 8601, UTC, milliseconds: the `at` of every event. */
export function instant(milliseconds: number): string {
  // Many events share a millisecond, and formatting one costs more than appending it.
  if (milliseconds !== lastMilliseconds) {
    lastInstant = new Date(milliseconds).toISOString();
    lastMilliseconds = milliseconds;
  }
  return lastInstant;
}
