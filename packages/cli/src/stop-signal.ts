import { exitCodes } from "./exit.ts";

/** A person needs longer than this to ask twice; npm and the like take less to pass on what a terminal sent to all. */
const sameWishMs = 500;

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
