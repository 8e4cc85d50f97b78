/**
 * npm run long-run -- --minutes 120 --report docs/long-run.md
 *
 * Samples are written as they are taken, one line of JSON each, beside the report; `--from FILE` makes a report of such a
 * file, for a run that was cut short. Exit code 1 when something was not flat, or not as promised.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { wholeNumber } from "../support/whole-number.ts";
import { judgeFlatness } from "./flatness.ts";
import { type LongRunResult, longRun } from "./long-run.ts";
import { report } from "./report.ts";
import type { Sample } from "./sample.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "120" },
    people: { type: "string", default: "20" },
    pace: { type: "string", default: "4" },
    "retention-minutes": { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    report: { type: "string", default: "long-run.md" },
    from: { type: "string" },
  },
});
const options = {
  minutes: wholeNumber("minutes", values.minutes, 1),
  people: wholeNumber("people", values.people, 1),
  paceMs: wholeNumber("pace", values.pace, 1) * 1_000,
  retentionMs: wholeNumber("retention-minutes", values["retention-minutes"], 1) * 60_000,
  sampleEveryMs: 10_000,
  seed: wholeNumber("seed", values.seed, 0),
};
const about = {
  command: `npm run long-run -- --minutes ${values.minutes} --people ${values.people} --pace ${values.pace} --retention-minutes ${values["retention-minutes"]} --seed ${values.seed}`,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
  date: new Date().toISOString().slice(0, 10),
};

const samplesFile = `${values.report}.samples`;
let result: LongRunResult | undefined;
let samples: readonly Sample[];
if (values.from === undefined) {
  writeFileSync(samplesFile, "");
  result = await longRun({
    ...options,
    onSample(sample) {
      appendFileSync(samplesFile, `${JSON.stringify(sample)}\n`);
      if (Math.floor(sample.at / 60) > Math.floor((sample.at - 10) / 60)) {
        const mebibytes = (sample.residentBytes / 1_048_576).toFixed(0);
        console.log(
          `${(sample.at / 60).toFixed(0)} min  ${mebibytes} MiB resident  ${sample.fileDescriptors} files open`,
        );
      }
    },
  });
  samples = result.samples;
} else {
  samples = readFileSync(values.from, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Sample);
}
writeFileSync(values.report, report(options, about, samples, result));
const notFlat = judgeFlatness(samples).filter(({ isFlat }) => !isFlat);
for (const { bound } of notFlat) console.log(`not flat: ${bound.name}`);
console.log(`the report is in ${values.report}`);
if (notFlat.length > 0 || (result !== undefined && (result.doubleEffects > 0 || result.serverOutput !== ""))) {
  process.exitCode = 1;
}
