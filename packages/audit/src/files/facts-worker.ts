/** Runs in a thread of its own: is sent batches of paths, answers with what was read of them, in the same order. */
import { parentPort, workerData } from "node:worker_threads";
import { knownBy, readSource } from "./read-source.ts";
import type { SourceOptions } from "./read-sources.ts";

const { root, knownKeys } = workerData as Pick<SourceOptions, "root" | "knownKeys">;
const isKnown = knownBy(knownKeys);

parentPort?.on("message", (paths: readonly string[]) => {
  const sources = paths.map((path) => readSource(root, path, isKnown));
  const buffers = sources.flatMap(({ facts }) => (facts === undefined ? [] : [facts.buffer]));
  parentPort?.postMessage(sources, buffers);
});
