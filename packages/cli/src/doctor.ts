import { StartError } from "@throughline/server";
import type { Arguments } from "./arguments.ts";
import { bridgeLines, inspectBridges } from "./doctor-bridges.ts";
import { checkNode, checkSettings, type Finding } from "./doctor-checks.ts";
import { exitCodes } from "./exit.ts";
import { readSettings } from "./settings.ts";
import { visible } from "./visible.ts";

/** Looks at everything that a start needs, changes nothing, and says what to do about what is wrong. */
export async function doctor(given: Arguments): Promise<number> {
  if (given.bridges !== undefined) return doctorBridges(given.bridges, given);
  const findings = [checkNode(), ...(await checkAllSettings(given))];
  const ok = findings.every((finding) => finding.ok);
  if (given.json) console.log(JSON.stringify({ event: "findings", ok, findings }));
  else
    for (const { check, ok, detail } of findings)
      console.log(`${ok ? "ok     " : "PROBLEM"}  ${check.padEnd(7)}  ${detail}`);
  return ok ? exitCodes.done : exitCodes.failed;
}

/** Fails from the day after the last one of a bridge: for builds. */
async function doctorBridges(file: string, { url, json }: Arguments): Promise<number> {
  const bridges = await inspectBridges(file, url);
  const ok = bridges.every(({ expired }) => !expired);
  if (json) console.log(JSON.stringify({ event: "bridges", ok, bridges }));
  else for (const line of bridgeLines(bridges)) console.log(visible(line));
  return ok ? exitCodes.done : exitCodes.failed;
}

async function checkAllSettings(given: Arguments): Promise<readonly Finding[]> {
  try {
    return await checkSettings(await readSettings(given, process.env));
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return [{ check: "config", ok: false, detail: `${error.message}; ${error.advice}` }];
  }
}
