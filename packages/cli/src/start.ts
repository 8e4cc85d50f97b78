import { createServer, StartError, type ThroughlineServer } from "@throughline/server";
import type { Arguments } from "./arguments.ts";
import { exitCodes } from "./exit.ts";
import { readOrCreateSecret } from "./secret-file.ts";
import { readSettings, type Settings } from "./settings.ts";

/** Runs the server until it is told to stop. The first SIGINT or SIGTERM drains it, the second ends it at once. */
export async function start(given: Arguments): Promise<number> {
  const settings = await readSettings(given, process.env);
  let server: ThroughlineServer;
  try {
    const { secret, mended } = readOrCreateSecret(settings.dataDirectory);
    if (mended) console.error("The secret of the data folder could be read by others; its mode is 0600 again.");
    server = await createServer({ ...settings, secret });
    await server.listen();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    if (given.json)
      console.log(JSON.stringify({ event: "failed", code: error.code, message: error.message, advice: error.advice }));
    else console.error(`${error.message}\nWhat to do: ${error.advice}.`);
    return exitCodes.failed;
  }
  announce(server, settings, given.json);
  await stopSignal();
  if (!given.json) console.log("Stopping: no new work is taken, runs in hand are finished …");
  await server.drain();
  return exitCodes.done;
}

function announce(server: ThroughlineServer, settings: Settings, json: boolean): void {
  const { dataDirectory } = settings;
  const { url, model } = server;
  if (json) console.log(JSON.stringify({ event: "listening", url, pid: process.pid, dataDirectory, model }));
  else
    console.log(`Throughline is at ${url}\nData is kept in ${dataDirectory}\nAnswers come from ${model.description}`);
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        for (const second of ["SIGINT", "SIGTERM"] as const) process.once(second, () => process.exit(exitCodes.failed));
        resolve();
      });
    }
  });
}
