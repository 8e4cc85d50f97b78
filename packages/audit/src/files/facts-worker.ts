/** Runs in a thread of its own: reads batches of texts, answers with their facts as JSON, in the same order. */
import { parentPort } from "node:worker_threads";
import { factsJson, type SourceText } from "./facts-json.ts";

parentPort?.on("message", (batch: readonly SourceText[]) => {
  parentPort?.postMessage(batch.map(factsJson));
});
