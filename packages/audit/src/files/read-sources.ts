import type { Stats } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { readSource, type Source } from "./read-source.ts";

const batchBytes = 100_000;
/** Below this a thread takes longer to start than it saves. */
const bytesPerWorker = 400_000;

interface Batch {
  readonly paths: readonly string[];
  /** Place of the first of them in the result. */
  readonly start: number;
}

export interface SourceOptions {
  readonly root: string;
  /** Keys of facts that need not be read. */
  readonly knownKeys: readonly string[];
  readonly statsOf: (path: string) => Stats | undefined;
  /** Threads that read, this one included. */
  readonly workers: number;
}

/**
 * Reads all files, in their order. This thread reads too, while `workers - 1` others help; a thread that fails leaves its
 * batch to this one. Nobody holds more texts than one.
 */
export async function readSources(
  paths: readonly string[],
  { root, knownKeys, statsOf, workers }: SourceOptions,
): Promise<Source[]> {
  const results: Source[] = new Array(paths.length);
  const sizes = paths.map((path) => statsOf(path)?.size ?? 0);
  const batches = batchesOf(paths, sizes);
  const put = ({ start }: Batch, answers: readonly Source[]) => {
    answers.forEach((answer, at) => {
      results[start + at] = answer;
    });
  };
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const helpers = Math.max(0, Math.min(workers - 1, Math.floor(bytes / bytesPerWorker)));
  const helping = Array.from({ length: helpers }, () => help({ root, knownKeys }, batches, put));
  const known = new Set(knownKeys);
  const readHere = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      put(
        batch,
        batch.paths.map((path) => readSource(root, path, (key) => known.has(key))),
      );
      // Lets the answers of the others in, and their next batches out.
      await setImmediate();
    }
  };
  await readHere();
  await Promise.all(helping);
  await readHere();
  return results;
}

function batchesOf(paths: readonly string[], sizes: readonly number[]): Batch[] {
  const batches: Batch[] = [];
  let start = 0;
  let bytes = 0;
  sizes.forEach((size, at) => {
    bytes += size;
    if (bytes < batchBytes && at < paths.length - 1) return;
    batches.push({ paths: paths.slice(start, at + 1), start });
    start = at + 1;
    bytes = 0;
  });
  return batches;
}

/** One thread that takes batches until there are none. */
function help(
  workerData: Pick<SourceOptions, "root" | "knownKeys">,
  batches: Batch[],
  put: (batch: Batch, answers: readonly Source[]) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const file = import.meta.url.endsWith(".ts") ? "./facts-worker.ts" : "./facts-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { workerData });
    // Two at a time, so that the thread need not wait for this one to hand out the next.
    const pending: Batch[] = [];
    const give = () => {
      while (pending.length < 2) {
        const batch = batches.shift();
        if (batch === undefined) break;
        pending.push(batch);
        worker.postMessage(batch.paths);
      }
      if (pending.length === 0) void worker.terminate();
    };
    worker.once("online", give);
    worker.on("message", (answers: readonly Source[]) => {
      const batch = pending.shift();
      if (batch !== undefined) put(batch, answers);
      give();
    });
    worker.on("error", () => {
      batches.push(...pending.splice(0));
    });
    worker.on("exit", () => {
      batches.push(...pending.splice(0));
      resolve();
    });
  });
}
