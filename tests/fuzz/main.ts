/** npm run fuzz -- --inputs 1000000 [--seed S] */
import { parseArgs } from "node:util";
import { wholeNumber } from "../support/whole-number.ts";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: { inputs: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const began = performance.now();
const result = await fuzz(values.seed, wholeNumber("inputs", values.inputs, 1), (round) =>
  console.log(`${(round + 1) * 10} %`),
);
const mebibytes = result.residentBytes.map((bytes) => `${(bytes / 1_048_576).toFixed(0)} MiB`);
console.log(
  `${result.commands} commands and frames, ${result.legacy} messages of the old format, ${result.requests} requests, ${result.bytes} pieces of raw bytes in ` +
    `${((performance.now() - began) / 1_000).toFixed(0)} s with seed ${values.seed}: every one answered or closed as it should be, ` +
    `${result.acknowledged} acknowledged, all of them good. Resident memory ${mebibytes.join(" after the first tenth, ")} at the end.`,
);
if (result.output !== "") {
  console.log(`the server printed: ${result.output.slice(0, 2_000)}`);
  process.exitCode = 1;
}
