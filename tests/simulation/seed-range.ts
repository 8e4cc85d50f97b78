/** Lives through seeds, one after the other, and tells of each. In a worker thread, or in the main one. */
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { type Finding, judge } from "./judge.ts";
import { planOf } from "./plan.ts";

export interface SeedRange {
  readonly from: number;
  readonly through: number;
  /** Every how many-th seed. */
  readonly step: number;
}

export interface SeedReport {
  readonly seed: number;
  readonly observations: number;
  readonly findings: readonly Finding[];
}

export async function runSeeds(
  { from, through, step }: SeedRange,
  report: (report: SeedReport) => void,
): Promise<void> {
  for (let seed = from; seed <= through; seed += step) {
    const { history, findings } = await judge(planOf(seed));
    report({ seed, observations: history.observations.length, findings });
  }
}

if (!isMainThread) await runSeeds(workerData as SeedRange, (report) => parentPort?.postMessage(report));
