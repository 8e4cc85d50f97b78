import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { factsJson, type SourceText } from "./facts-json.ts";

const batchCharacters = 100_000;
/** Below this a thread takes longer to start than it saves. */
const charactersPerWorker = 400_000;

interface Batch {
  readonly texts: readonly SourceText[];
  /** Place of the first of them in the result. */
  readonly start: number;
}

/**
 * The facts of all texts as JSON, in their order. This thread reads too, while `workers - 1` others help; a thread that
 * fails leaves its batch to this one.
 */
export async function readTexts(texts: readonly SourceText[], workers: number): Promise<string[]> {
  const results: string[] = new Array(texts.length);
  const batches = batchesOf(texts);
  const put = ({ start }: Batch, answers: readonly string[]) => {
    answers.forEach((answer, at) => {
      results[start + at] = answer;
    });
  };
  const characters = texts.reduce((sum, { text }) => sum + text.length, 0);
  const helpers = Math.max(0, Math.min(workers - 1, Math.floor(characters / charactersPerWorker)));
  const helping = Array.from({ length: helpers }, () => help(batches, put));
  const readHere = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      put(batch, batch.texts.map(factsJson));
      // Lets the answers of the others in, and their next batches out.
      await setImmediate();
    }
  };
  await readHere();
  await Promise.all(helping);
  await readHere();
  return results;
}

function batchesOf(texts: readonly SourceText[]): Batch[] {
  const batches: Batch[] = [];
  let start = 0;
  let characters = 0;
  texts.forEach(({ text }, at) => {
    characters += text.length;
    if (characters < batchCharacters && at < texts.length - 1) return;
    batches.push({ texts: texts.slice(start, at + 1), start });
    start = at + 1;
    characters = 0;
  });
  return batches;
}

/** One thread that takes batches until there are none. */
function help(batches: Batch[], put: (batch: Batch, answers: readonly string[]) => void): Promise<void> {
  return new Promise((resolve) => {
    const file = import.meta.url.endsWith(".ts") ? "./facts-worker.ts" : "./facts-worker.js";
    const worker = new Worker(new URL(file, import.meta.url));
    // Two at a time, so that the thread need not wait for this one to hand out the next.
    const pending: Batch[] = [];
    const give = () => {
      while (pending.length < 2) {
        const batch = batches.shift();
        if (batch === undefined) break;
        pending.push(batch);
        worker.postMessage(batch.texts);
      }
      if (pending.length === 0) void worker.terminate();
    };
    worker.once("online", give);
    worker.on("message", (answers: readonly string[]) => {
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
