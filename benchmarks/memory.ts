/** In a server: answers every message of its parent with the memory that it holds, after a collection. */
import type { Memory } from "./workload.ts";

export function answerMemory(): void {
  process.on("message", () => {
    (globalThis as { gc?: () => void }).gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ rss, heap: heapUsed + external } satisfies Memory);
  });
}
