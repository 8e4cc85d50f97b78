import type { Stats } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { knownBy, readSource, type Source } from "./read-source.ts";
import { youngGeneration } from "./young-generation.ts";

const batchBytes = 100_000;
/** Below this a thread takes longer to start than it saves. */
const bytesPerWorker = 400_000;

type Batch = readonly string[];
type Put = (batch: Batch, answers: readonly Source[]) => void;

export interface SourceOptions {
  readonly root: string;
  /** Keys of facts that need not be read; undefined when nothing is kept, and then nobody asks for keys. */
  readonly knownKeys: readonly string[] | undefined;
  readonly statsOf: (path: string) => Stats | undefined;
  /** Threads that read, this one included. */
  readonly workers: number;
}

/**
 * Reads all files and hands on what was read of each as soon as it is there. This thread reads too, while `workers - 1` others help;
 * a thread that fails leaves its batch to this one. Nobody holds more texts than one.
 */
export async function readSources(
  paths: readonly string[],
  { root, knownKeys, statsOf, workers }: SourceOptions,
  take: (path: string, source: Source) => void,
): Promise<void> {
  const sizes = paths.map((path) => statsOf(path)?.size ?? 0);
  const batches = batchesOf(paths, sizes);
  const put: Put = (batch, answers) => {
    answers.forEach((answer, at) => {
      take(batch[at] as string, answer);
    });
  };
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const helpers = Math.max(0, Math.min(workers - 1, Math.floor(bytes / bytesPerWorker)));
  const helping = Array.from({ length: helpers }, () => help({ root, knownKeys }, batches, put));
  const isKnown = knownBy(knownKeys);
  const readHere = async () => {
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      put(
        batch,
        batch.map((path) => readSource(root, path, isKnown)),
      );
      // Lets the answers of the others in, and their next batches out.
      await setImmediate();
    }
  };
  await readHere();
  await Promise.all(helping);
  await readHere();
}

/**
 * Python behind all others: this thread begins at the end and its helpers at the start, because a reader is slow until it is warm,
 * in each thread anew.
 */
function batchesOf(paths: readonly string[], sizes: readonly number[]): Batch[] {
  const isPython = paths.map((path) => /\.pyi?$/.test(path));
  const places = [...paths.keys()];
  const order = [...places.filter((place) => !isPython[place]), ...places.filter((place) => isPython[place])];
  const batches: Batch[] = [];
  let batch: string[] = [];
  let bytes = 0;
  for (const place of order) {
    batch.push(paths[place] as string);
    bytes += sizes[place] ?? 0;
    if (bytes < batchBytes && place !== order.at(-1)) continue;
    batches.push(batch);
    batch = [];
    bytes = 0;
  }
  return batches;
}

/** One thread that takes batches until there are none. */
function help(workerData: Pick<SourceOptions, "root" | "knownKeys">, batches: Batch[], put: Put): Promise<void> {
  return new Promise((resolve) => {
    const file = import.meta.url.endsWith(".ts") ? "./facts-worker.ts" : "./facts-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { workerData, resourceLimits: youngGeneration });
    // Two at a time, so that the thread need not wait for this one to hand out the next.
    const pending: Batch[] = [];
    const give = () => {
      while (pending.length < 2) {
        const batch = batches.shift();
        if (batch === undefined) break;
        pending.push(batch);
        worker.postMessage(batch);
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
