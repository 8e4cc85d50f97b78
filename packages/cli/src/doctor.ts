import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describeModel, isDataLocked } from "@throughline/server";
import type { Arguments } from "./arguments.ts";
import { exitCodes } from "./exit.ts";
import { readSettings, type Settings } from "./settings.ts";

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

const freeBytesMin = 256 * 1_024 * 1_024;

/** Looks at everything that a start needs, changes nothing, and says what to do about what is missing. */
export async function doctor(given: Arguments): Promise<number> {
  const settings = await readSettings(given, process.env);
  const findings: Finding[] = [
    checkNode(),
    checkFolder(settings.dataDirectory),
    checkSecret(settings.dataDirectory),
    checkLock(settings.dataDirectory),
    checkSpace(settings.dataDirectory),
    await checkPort(settings),
    checkPage(settings),
    await checkModel(settings),
  ];
  if (given.json) console.log(JSON.stringify({ findings }));
  else
    for (const { check, ok, detail } of findings)
      console.log(`${ok ? "ok     " : "PROBLEM"} ${check.padEnd(12)} ${detail}`);
  return findings.every(({ ok }) => ok) ? exitCodes.done : exitCodes.failed;
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26;
  return { check: "node", ok, detail: ok ? process.version : `${process.version}; use 22.18, 24.11 or 26 and later` };
}

function checkFolder(folder: string): Finding {
  const existing = existsSync(folder) ? folder : nearestFolder(folder);
  try {
    accessSync(existing, constants.W_OK);
    return { check: "data", ok: true, detail: existing === folder ? folder : `${folder} will be made` };
  } catch {
    return {
      check: "data",
      ok: false,
      detail: `${existing} cannot be written by this user; choose another with --data`,
    };
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}

function checkSecret(folder: string): Finding {
  const path = join(folder, "secret");
  if (!existsSync(path)) return { check: "secret", ok: true, detail: "will be made at the first start" };
  const open = process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0;
  return {
    check: "secret",
    ok: !open,
    detail: open ? `others can read ${path}; chmod 600 it` : "only its owner can read it",
  };
}

function checkLock(folder: string): Finding {
  const locked = isDataLocked(folder);
  return {
    check: "lock",
    ok: !locked,
    detail: locked ? "another process uses the data folder; stop it first" : "free",
  };
}

function checkSpace(folder: string): Finding {
  const { bavail, bsize } = statfsSync(nearestFolder(folder));
  const freeBytes = bavail * bsize;
  const detail = `${Math.floor(freeBytes / 1_048_576).toLocaleString("en")} MiB free`;
  return { check: "disk", ok: freeBytes >= freeBytesMin, detail };
}

function checkPort({ port, hostname }: Settings): Promise<Finding> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      resolve({
        check: "port",
        ok: false,
        detail: `${hostname}:${port} cannot be listened on (${error.code}); choose another with --port`,
      });
    });
    server.listen(port, hostname, () =>
      server.close(() => resolve({ check: "port", ok: true, detail: `${port} is free` })),
    );
  });
}

function checkPage({ webRoot = "" }: Settings): Finding {
  const ok = existsSync(join(webRoot, "index.html"));
  return { check: "page", ok, detail: ok ? "built" : `no page in ${webRoot}; build packages/web` };
}

async function checkModel(settings: Settings): Promise<Finding> {
  try {
    return { check: "model", ok: true, detail: await describeModel(settings) };
  } catch (error) {
    return { check: "model", ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
