/** Calls `make` `count` times, `everyMs` apart counted from the beginning, so that a late call makes none later. */
export function pace(count: number, everyMs: number, make: () => void): Promise<void> {
  const began = performance.now();
  let made = 0;
  return new Promise((resolve) => {
    const next = () => {
      make();
      made += 1;
      if (made === count) resolve();
      else setTimeout(next, Math.max(0, began + made * everyMs - performance.now()));
    };
    next();
  });
}

/** A text of 40 characters that begins with the nanoseconds of now. */
export function stampedText(): string {
  return `@${process.hrtime.bigint()} `.padEnd(40, "x");
}
