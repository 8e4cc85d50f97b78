/**
 * The simulation and its checker, put to the test: each planted bug is found, and named by the invariant that it breaks.
 * Each hunt begins at the seed that is known to find its bug; `PLANTED_FROM=1 npx vitest run tests/simulation/planted` begins
 * at the first, to see that 2,000 seeds are enough and which is the first that finds it.
 */
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { Hunt, Prey } from "./hunt.ts";
import { type PlantedBug, plantedBugs } from "./planted-bugs.ts";

const seeds = 2_000;
const from = process.env.PLANTED_FROM === undefined ? undefined : Number(process.env.PLANTED_FROM);

async function find(bug: PlantedBug, signal: AbortSignal): Promise<Prey> {
  const first = from ?? bug.seed;
  return (
    (await hunt({ bug, from: first, through: seeds }, signal)) ?? hunt({ bug, from: 1, through: first - 1 }, signal)
  );
}

function hunt(workerData: Hunt, signal: AbortSignal): Promise<Prey> {
  const worker = new Worker(new URL("./hunt.ts", import.meta.url), { workerData, execArgv: [] });
  signal.addEventListener("abort", () => void worker.terminate());
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the hunt ended with ${code}`)));
  });
}

test.each(plantedBugs)("invariant $invariant: $name", { timeout: 300_000 }, async (bug) => {
  const over = new AbortController();
  try {
    const prey = await find(bug, over.signal);
    expect(prey, `${seeds} seeds do not find that ${bug.name}`).toBeDefined();
    console.log(`seed ${prey?.seed}, invariant ${bug.invariant}, ${prey?.rule}: ${bug.name}`);
  } finally {
    over.abort();
  }
});

test("every invariant has a bug that breaks it", () => {
  const broken = new Set(plantedBugs.map(({ invariant }) => invariant));
  expect([...broken].sort((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
});

test.each(["nothing has this text", "import"])(
  "a bug whose text is not there exactly once is not planted: %s",
  async (text) => {
    const edits = [{ file: "server/src/router/router.ts", text, replacement: "" }];
    const bug = { name: "nowhere", invariant: 1, edits, seed: 1 };
    await expect(hunt({ bug, from: 1, through: 1 }, new AbortController().signal)).rejects.toThrow("unable to plant");
  },
);
