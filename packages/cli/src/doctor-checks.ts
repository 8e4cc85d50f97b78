/** What `throughline doctor` looks at, one function each. None changes anything. */
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { checkModel as askModel, checkLog as inspectLog, isDataLocked, StartError } from "@throughline/server";
import { isSupportedNode, nodeRange } from "./node-version.ts";
import { isOpenToOthers, secretPath } from "./secret-file.ts";
import type { Settings } from "./settings.ts";

export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** For people: what was found and, where something is wrong, what to do. */
  readonly detail: string;
}

/** Below this the log would soon be refused its next page, and with it every message. */
const freeBytesMin = 256 * 1_024 * 1_024;
/** Clocks that are set over the network are closer than this. */
const clockToleranceMs = 60_000;

export function checkNode(): Finding {
  const { node } = process.versions;
  const ok = isSupportedNode(node);
  return { check: "node", ok, detail: ok ? node : `${node}; install one of ${nodeRange}` };
}

export async function checkSettings(settings: Settings): Promise<readonly Finding[]> {
  const { dataDirectory } = settings;
  return [
    checkFolder(dataDirectory),
    checkSecret(dataDirectory),
    checkLock(dataDirectory),
    checkLog(dataDirectory),
    checkSpace(dataDirectory),
    checkClock(dataDirectory),
    await checkPort(settings),
    checkPage(settings.webRoot),
    checkWireBridge(settings.env.THROUGHLINE_WIRE_BRIDGE),
    await checkModel(settings),
  ];
}

function checkFolder(folder: string): Finding {
  const check = "data";
  const existing = nearestExisting(folder);
  const advice = "choose another folder with --data or DATA_DIR";
  if (!statSync(existing).isDirectory()) return { check, ok: false, detail: `${existing} is a file; ${advice}` };
  try {
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return { check, ok: false, detail: `${messageOf(error)}; ${advice}` };
  }
  return { check, ok: true, detail: existing === folder ? folder : `${folder} will be made` };
}

function checkSecret(folder: string): Finding {
  const path = secretPath(folder);
  return guarded("secret", () => {
    if (!existsSync(path)) return { ok: true, detail: "will be made at the first start" };
    if (!isOpenToOthers(path)) return { ok: true, detail: "nobody but its owner can read it" };
    return { ok: false, detail: `others can read ${path}; chmod 600 it, or let the next start do so` };
  });
}

function checkLock(folder: string): Finding {
  return guarded("lock", () =>
    isDataLocked(folder)
      ? { ok: false, detail: `another process uses ${folder}; stop it, or give this one a folder of its own` }
      : { ok: true, detail: "no process uses the data" },
  );
}

/** A log in use has been looked at by the process that uses it. */
function checkLog(folder: string): Finding {
  return guarded("log", () => {
    if (isDataLocked(folder)) return { ok: true, detail: "in use" };
    try {
      inspectLog(folder);
      return { ok: true, detail: "nothing about it is damaged" };
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      return { ok: false, detail: `${error.message}; ${error.advice}` };
    }
  });
}

function checkSpace(folder: string): Finding {
  return guarded("disk", () => {
    const { bavail, bsize } = statfsSync(nearestExisting(folder));
    const free = `${inMebibytes(bavail * bsize)} MiB free`;
    if (bavail * bsize >= freeBytesMin) return { ok: true, detail: free };
    return { ok: false, detail: `${free}; make room for at least ${inMebibytes(freeBytesMin)} MiB` };
  });
}

function checkWireBridge(until: string | undefined): Finding {
  const check = "wire";
  if (until === undefined || until === "off")
    return { check, ok: true, detail: "clients of the old wire format are not served" };
  if (until >= new Date().toISOString().slice(0, 10))
    return { check, ok: true, detail: `old clients are served until ${until}` };
  const advice = "move what is left of them, then set THROUGHLINE_WIRE_BRIDGE to off";
  return { check, ok: false, detail: `old clients were to be served until ${until}; ${advice}` };
}

/** Sessions, tokens and leases go by the clock. A file that was written in the future shows that it was set back. */
function checkClock(folder: string): Finding {
  return guarded("clock", () => {
    const now = Date.now();
    const files = [join(import.meta.dirname, "../package.json"), join(folder, "log.db")].filter(existsSync);
    const ahead = files.find((path) => statSync(path).mtimeMs > now + clockToleranceMs);
    const time = new Date(now).toISOString();
    if (ahead === undefined) return { ok: true, detail: time };
    const written = statSync(ahead).mtime.toISOString();
    return { ok: false, detail: `${time}, but ${ahead} was written at ${written}; set the clock of this machine` };
  });
}

function checkPort({ port, hostname }: Settings): Promise<Finding> {
  const check = "port";
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => {
      resolve({ check, ok: false, detail: `${messageOf(error)}; choose another with --port or --host` });
    });
    server.listen(port, hostname, () => {
      server.close(() => resolve({ check, ok: true, detail: `${port} at ${hostname} is free` }));
    });
  });
}

function checkPage(folder: string): Finding {
  const ok = existsSync(join(folder, "index.html"));
  return { check: "page", ok, detail: ok ? folder : `${folder} holds no page; build it` };
}

async function checkModel(settings: Settings): Promise<Finding> {
  const check = "model";
  if (settings.agent !== undefined) {
    return { check, ok: true, detail: `agent "${settings.agent.name}", given by the configuration` };
  }
  // While a lost connection is tried again, nothing else keeps this process alive.
  const waiting = setInterval(() => undefined, 1_000);
  try {
    const { description, failure } = await askModel(settings);
    const detail = description.replace(/^model: /, "");
    return { check, ok: failure === undefined, detail: failure === undefined ? detail : `${failure} (${detail})` };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { check, ok: false, detail: `${error.message}; ${error.advice}` };
  } finally {
    clearInterval(waiting);
  }
}

/** A check that the system does not let through has found something as well. */
function guarded(check: string, look: () => Omit<Finding, "check">): Finding {
  try {
    return { check, ...look() };
  } catch (error) {
    return { check, ok: false, detail: messageOf(error) };
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

function inMebibytes(bytes: number): string {
  return Math.floor(bytes / 1_048_576).toLocaleString("en");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
