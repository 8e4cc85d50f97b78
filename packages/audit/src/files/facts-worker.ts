/** Runs in a thread of its own: is sent batches of paths, answers with what was read of them, in the same order. */
import { parentPort, workerData } from "node:worker_threads";
import { readSource } from "./read-source.ts";

const { root, knownKeys } = workerData as { readonly root: string; readonly knownKeys: readonly string[] };
const known = new Set(knownKeys);

parentPort?.on("message", (paths: readonly string[]) => {
  const sources = paths.map((path) => readSource(root, path, (key) => known.has(key)));
  const buffers = sources.flatMap(({ facts }) => (facts === undefined ? [] : [facts.buffer]));
  parentPort?.postMessage(sources, buffers);
});
