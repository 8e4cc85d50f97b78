// Installs programs that tests need and npm does not have.
import { existsSync } from "node:fs";
import { run, ScriptFailure } from "./run.mjs";

/**
 * Installs the Debian package of a program that is missing, where that is possible. Otherwise says which one to install and
 * goes on: what needs it fails, everything else is tested all the same.
 *
 * @param {string} program absolute path
 * @param {{ packageName: string, who: string }} options
 */
export async function needProgram(program, { packageName, who }) {
  if (existsSync(program)) return;
  const isPossible = process.getuid?.() === 0 && existsSync("/etc/debian_version");
  try {
    if (!isPossible) throw new ScriptFailure("only root can install it, and on Debian only");
    console.error(`Installing the Debian package ${packageName} for ${who} …`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    // Old lists may do; whether they did is for the installation to say.
    await run(["apt-get", "update", "-qq"], { env, failure: "" }).catch(() => undefined);
    await run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", packageName], {
      env,
      failure: "apt-get failed, see above",
    });
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    console.error(`${who} need ${program}; install the Debian package ${packageName} (${error.message})`);
  }
}
