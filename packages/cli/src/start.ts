import { createServer, StartError, type ThroughlineServer } from "@throughline/server";
import type { Arguments } from "./arguments.ts";
import { exitCodes } from "./exit.ts";
import { readOrCreateSecret } from "./secret-file.ts";
import { readSettings, type Settings } from "./settings.ts";
import { stopSignal } from "./stop-signal.ts";

/** Runs a server until it is told to stop, then drains it. Resolves with the exit code. */
export async function start(given: Arguments): Promise<number> {
  let server: ThroughlineServer;
  let stopped: Promise<void>;
  try {
    const settings = await readSettings(given, process.env);
    const { secret, mended } = readOrCreateSecret(settings.dataDirectory);
    if (mended) console.error("Others could read the secret of the data folder. They no longer can: its mode is 0600.");
    server = await createServer({ ...settings, secret });
    await server.listen();
    // Whoever reads that it listens may ask it to stop at once.
    stopped = stopSignal();
    announce(server, settings, given.json);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const { code, message, advice } = error;
    if (given.json) console.log(JSON.stringify({ event: "failed", code, message, advice }));
    else console.error(`${message}\nWhat to do: ${advice}.`);
    return exitCodes.failed;
  }
  await stopped;
  if (!given.json)
    console.log("Stopping: nothing new is taken on, runs in hand may finish. Ask again to stop at once.");
  await server.drain();
  return exitCodes.done;
}

function announce({ url, model }: ThroughlineServer, settings: Settings, json: boolean): void {
  const { dataDirectory, hostname, publicUrl } = settings;
  if (json) {
    console.log(JSON.stringify({ event: "listening", url, pid: process.pid, dataDirectory, model }));
    return;
  }
  console.log(`Throughline is at ${url}`);
  console.log(`Data is kept in ${dataDirectory}`);
  console.log(capitalized(model.description));
  if (publicUrl === undefined && !/^(localhost|127\.|::1$)/.test(hostname)) {
    console.log("Browsers on other machines are refused until PUBLIC_URL says at which address they reach the server.");
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
