/**
 * Lives through simulated worlds and says what was wrong with them.
 * Usage: npm run simulate -- [--seeds N] [--from S] [--jobs J] [--history]
 *        npm run simulate -- --sweep
 *
 * `--history` prints what was seen, for one seed. `--sweep` cuts small scenarios at each of their places in turn instead
 * of living through seeds. The exit code is 1 when something was wrong.
 */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { wholeNumber } from "../support/whole-number.ts";
import { describeHistory } from "./describe-history.ts";
import { type Finding, judge } from "./judge.ts";
import { type Plan, planOf } from "./plan.ts";
import { runSeeds, type SeedRange, type SeedReport } from "./seed-range.ts";
import { shrink } from "./shrink.ts";
import { cuts, scenarios, sweep } from "./sweep.ts";

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    from: { type: "string", default: "1" },
    jobs: { type: "string", default: "1" },
    history: { type: "boolean", default: false },
    sweep: { type: "boolean", default: false },
  },
});
const from = wholeNumber("from", options.from, 0);
const seeds = wholeNumber("seeds", options.seeds, 1);
const jobs = wholeNumber("jobs", options.jobs, 1);

const progressIntervalMs = 10_000;
/** Of these many failing seeds a shorter history is looked for. */
const shrinkMax = 3;

const began = performance.now();
let toldAt = began;
let done = 0;
let observations = 0;
const failed: SeedReport[] = [];

process.exitCode = (options.sweep ? await sweepAll() : await liveThroughSeeds()) ? 0 : 1;

/** False when something was wrong. */
async function liveThroughSeeds(): Promise<boolean> {
  const ranges = Array.from({ length: jobs }, (_, job) => ({
    from: from + job,
    through: from + seeds - 1,
    step: jobs,
  }));
  await Promise.all(ranges.map((range) => (jobs === 1 ? runSeeds(range, onReport) : runInWorker(range))));
  console.log(progress());
  for (const { seed, findings } of failed.slice(0, shrinkMax)) {
    console.log(`\nseed ${seed} again: npm run simulate -- --from ${seed} --seeds 1`);
    await explain(planOf(seed), findings);
  }
  if (failed.length > 0) console.log(`failed: ${failed.map(({ seed }) => seed).join(" ")}`);
  if (options.history) console.log(describeHistory((await judge(planOf(from))).history.observations));
  if (done !== seeds) console.log(`failed: ${done} of ${seeds} seeds were judged`);
  return failed.length === 0 && done === seeds;
}

/** False when something was wrong. */
async function sweepAll(): Promise<boolean> {
  let worlds = 0;
  let wrong = 0;
  for (const scenario of scenarios) {
    for (const cut of cuts) {
      let places = 0;
      for await (const { place, plan, findings } of sweep(scenario, cut)) {
        worlds += 1;
        // The last one was not cut.
        places = place - 1;
        if (findings.length === 0) continue;
        wrong += 1;
        console.log(`${scenario.name}, ${cut.name} ${place}: ${findings[0]?.rule}: ${findings[0]?.message}`);
        if (wrong <= shrinkMax) await explain(plan, findings);
      }
      console.log(`${scenario.name}, ${cut.name} 1 to ${places}`);
    }
  }
  console.log(`${worlds} worlds, ${wrong} failed`);
  return wrong === 0;
}

function onReport(report: SeedReport): void {
  done += 1;
  observations += report.observations;
  if (report.findings.length > 0) {
    failed.push(report);
    console.log(`seed ${report.seed}: ${report.findings[0]?.rule}: ${report.findings[0]?.message}`);
  }
  if (performance.now() - toldAt < progressIntervalMs) return;
  toldAt = performance.now();
  console.log(progress());
}

function runInWorker(range: SeedRange): Promise<void> {
  const worker = new Worker(new URL("./seed-range.ts", import.meta.url), { workerData: range });
  worker.on("message", onReport);
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", () => resolve());
  });
}

function progress(): string {
  const minutes = (performance.now() - began) / 60_000;
  const rate = Math.round(done / minutes).toLocaleString("en");
  return `${done} of ${seeds} seeds, ${failed.length} failed, ${observations.toLocaleString("en")} observations, ${rate} seeds per minute`;
}

/** Prints the shortest history found that breaks the same rule. */
async function explain(failing: Plan, findings: readonly Finding[]): Promise<void> {
  const rule = findings[0]?.rule;
  const breaks = (found: readonly Finding[]) => found.some((finding) => finding.rule === rule);
  const plan = await shrink(failing, async (candidate) => breaks((await judge(candidate)).findings));
  const shortest = await judge(plan);
  console.log(describePlan(plan));
  console.log(describeHistory(shortest.history.observations));
  for (const { invariant, rule: broken, message } of shortest.findings) {
    console.log(`  invariant ${invariant}, ${broken}: ${message}`);
  }
}

function describePlan({ actions, faults, limits, ...shape }: Plan): string {
  const items = [...actions, ...faults].map((item) => `  ${JSON.stringify(item)}`);
  return [JSON.stringify(shape), JSON.stringify(limits), ...items].join("\n");
}
