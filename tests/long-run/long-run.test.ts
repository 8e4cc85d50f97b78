/**
 * Five minutes of mixed load, sampled every two seconds. The two hours are run by hand: `npm run long-run`, whose report is
 * docs/long-run.md.
 */
import { expect, test } from "vitest";
import { judgeFlatness } from "./flatness.ts";
import { longRun } from "./long-run.ts";

const minutes = Number(process.env.THROUGHLINE_LONG_RUN_MINUTES ?? 5);
// Times of a machine that runs all the other tests as well say nothing; everything else is judged.
const times = new Set(["acknowledged", "firstEvent", "answer"]);

test("five minutes of mixed load leave memory, files, timers and the log flat, and every device exact", async () => {
  const result = await longRun({
    minutes,
    people: 12,
    paceMs: 3_000,
    retentionMs: 20_000,
    sampleEveryMs: 2_000,
    seed: 1,
    onSample: () => undefined,
  });
  console.log(`${result.events} events compared, ${JSON.stringify(result.counts)}, ${result.effects} effects`);
  const judged = judgeFlatness(result.samples).filter(({ bound }) => !times.has(bound.series));
  // Resident memory finds its level within the first minutes only; heap and buffers, in which a leak would be, are judged as ever.
  const notFlat = judged.filter(({ isFlat, bound, rise, riseMax }) => {
    return bound.series === "residentBytes" ? rise > 2 * riseMax : !isFlat;
  });
  expect(notFlat.map(({ bound, rise, riseMax }) => `${bound.name}: ${rise}, may ${riseMax}`)).toEqual([]);
  expect({ doubleEffects: result.doubleEffects, output: result.serverOutput }).toEqual({
    doubleEffects: 0,
    output: "",
  });
  // Enough has happened for that to mean something, retention and its resets included.
  for (const [name, count] of Object.entries(result.counts)) expect(count, name).toBeGreaterThan(0);
  expect(result.events).toBeGreaterThan(10_000);
}, 420_000);
