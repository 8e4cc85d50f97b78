import { closeSync, lstatSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Arguments } from "../arguments.ts";
import { stopSignal } from "../stop-signal.ts";
import { visible } from "../visible.ts";
import { MeasureError } from "./measure-error.ts";
import { measure } from "./measurement.ts";
import { openProgress } from "./progress.ts";
import { type Report, reportOf } from "./report.ts";
import { htmlReport } from "./report-html.ts";
import { junitReport } from "./report-junit.ts";
import { textReport } from "./report-text.ts";
import { selfCheck } from "./self-check.ts";
import { readVerifyOptions, type VerifyOptions, verifyHelp } from "./verify-options.ts";

/** `ok`: every line that was tested holds. `unmeasured`: nothing can be said, or not of everything that was to be. */
const exitCodes = { ok: 0, missed: 1, incomplete: 2, unmeasured: 2, "not claimed": 3 } as const;

/** Measures a deployment and reports. Resolves with the exit code. Throws `UsageError`. */
export async function verify(given: Arguments): Promise<number> {
  const options = readVerifyOptions(given.options);
  if (options.help) {
    console.log(verifyHelp);
    return exitCodes.ok;
  }
  const unseen = selfCheck();
  if (unseen.length > 0) {
    console.error(`unable to verify; the observer was shown, and did not see: ${unseen.join("; ")}`);
    return exitCodes.unmeasured;
  }
  const progress = openProgress(process.stderr);
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  try {
    for (const path of [options.json, options.junit, options.html]) {
      if (path !== undefined && path !== "-") needWritable(path);
    }
    const measurement = await measure({
      ...options,
      onProgress: progress.advance,
      onNote: progress.note,
      signal: stop.signal,
    });
    progress.end();
    const report = reportOf(measurement);
    write(report, options);
    return exitCodes[report.outcome];
  } catch (error) {
    progress.end();
    if (!(error instanceof MeasureError)) throw error;
    console.error(visible(error.message));
    return exitCodes.unmeasured;
  }
}

function write(report: Report, { json, junit, html }: VerifyOptions): void {
  const outputs = [
    { path: json, text: () => `${JSON.stringify(report, undefined, 2)}\n` },
    { path: junit, text: () => junitReport(report) },
    { path: html, text: () => htmlReport(report) },
  ];
  const say = outputs.some(({ path }) => path === "-") ? console.error : console.log;
  say(textReport(report));
  for (const { path, text } of outputs) {
    if (path === "-") process.stdout.write(text());
    else if (path !== undefined) writeReport(path, text());
  }
}

function writeReport(path: string, text: string): void {
  tryToWrite(path, () => writeFileSync(path, text));
}

/** Nobody should find out after the measurement. What is there stays as it is, and what is not is not there afterwards. */
function needWritable(path: string): void {
  tryToWrite(path, () => {
    const quiet = { throwIfNoEntry: false } as const;
    const found = statSync(path, quiet) ?? lstatSync(path, quiet);
    if (found === undefined) {
      closeSync(openSync(path, "wx"));
      rmSync(path);
    } else if (found.isFile() || found.isDirectory()) {
      // Opening anything else, such as a pipe, would be noticed at its other end.
      closeSync(openSync(path, "a"));
    }
  });
}

function tryToWrite(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new MeasureError(`unable to write ${path}; ${(error as Error).message}`, { cause: error });
  }
}
