import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ServerProcess } from "../support/server-process.ts";
import type { LatencyName } from "./latencies.ts";

/** What can be seen of a server from outside at one moment. */
export interface Sample {
  /** Seconds since the beginning. */
  readonly at: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  readonly fileDescriptors: number;
  readonly threads: number;
  readonly timersPending: number;
  readonly connections: number;
  readonly cpuSeconds: number;
  /** The log with its write-ahead file. */
  readonly logBytes: number;
  readonly dataBytes: number;
  /** Medians, milliseconds, of what ended since the sample before. */
  readonly acknowledged?: number;
  readonly firstEvent?: number;
  readonly answer?: number;
}

export async function takeSample(
  server: ServerProcess,
  at: number,
  latencies: Partial<Record<LatencyName, number>>,
): Promise<Sample> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const gauge = (name: string) =>
    Number(new RegExp(`^throughline_${name}(?:\\{[^}]*\\})? ([0-9.e+]+)`, "m").exec(metrics)?.[1]);
  const process = `/proc/${server.pid}`;
  const stat = readFileSync(`${process}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    at,
    residentBytes: server.residentBytes(),
    heapUsedBytes: gauge("heap_used_bytes"),
    externalBytes: gauge("external_bytes"),
    fileDescriptors: readdirSync(`${process}/fd`).length,
    threads: readdirSync(`${process}/task`).length,
    timersPending: gauge("timers_pending"),
    connections: gauge("connections"),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    logBytes: bytesOf(server.dataDirectory, (name) => name.startsWith("log.db")),
    dataBytes: bytesOf(server.dataDirectory, () => true),
    ...latencies,
  };
}

function bytesOf(folder: string, counts: (name: string) => boolean): number {
  return readdirSync(folder)
    .filter(counts)
    .map((name) => join(folder, name))
    .reduce((sum, path) => sum + (existsSync(path) ? statSync(path).size : 0), 0);
}
