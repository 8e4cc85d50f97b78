import { exitCodes } from "./exit.ts";

/** A busy machine takes up to this long until npm has passed on what a terminal had sent to all of them. */
const sameWishMs = 1_000;

/** Resolves when SIGINT or SIGTERM asks the process to stop. Whoever asks again does not want to wait: it exits with 1. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const ask = () => {
      const now = performance.now();
      askedAt ??= now;
      if (now - askedAt >= sameWishMs) process.exit(exitCodes.failed);
      resolve();
    };
    process.on("SIGINT", ask);
    process.on("SIGTERM", ask);
  });
}
