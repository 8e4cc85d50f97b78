/**
 * Golden path and fan-out against raw `ws` in the same run: servers on one core, clients on another, the two sides in
 * turn, medians of several rounds. Usage: npm run bench [-- rounds]
 */
import { cpus } from "node:os";
import { Peer } from "./peer.ts";
import type { Ask, Load, LoadResult } from "./workload.ts";

const rounds = Number(process.argv[2] ?? 3);
const serverCore = 0;
const clientCore = cpus().length > 1 ? 1 : 0;

interface Workload {
  readonly name: string;
  readonly users: number;
  readonly devices: number;
  readonly rounds: number;
  readonly ask: Ask;
  readonly goal: string;
  value(result: LoadResult): number;
  readonly unit: string;
}

const workloads: readonly Workload[] = [
  {
    name: "fan-out: 200 users × 2 devices × 200 events of 200 B",
    users: 200,
    devices: 2,
    rounds: 1,
    ask: { work: "events", count: 200, text: "x".repeat(40) },
    goal: "≥ 3× raw ws",
    value: ({ deliveries, milliseconds }) => (deliveries / milliseconds) * 1_000,
    unit: "deliveries/s",
  },
  {
    name: "golden path: 64 users, closed loop, 5 lifecycle events and 20 deltas",
    users: 64,
    devices: 1,
    rounds: 60,
    ask: { work: "golden", deltas: 20 },
    goal: "≥ 1.5× raw ws",
    value: ({ runs, milliseconds }) => (runs / milliseconds) * 1_000,
    unit: "runs/s",
  },
];

for (const workload of workloads) {
  console.log(`\n${workload.name} (goal ${workload.goal})`);
  const sides = { raw: [] as LoadResult[], full: [] as LoadResult[], relaxed: [] as LoadResult[] };
  for (let round = 0; round < rounds; round += 1) {
    sides.raw.push(await measure("raw", workload));
    sides.full.push(await measure("full", workload));
    sides.relaxed.push(await measure("relaxed", workload));
  }
  const reference = median(sides.raw.map(workload.value));
  for (const [name, results] of Object.entries(sides)) {
    const values = results.map(workload.value);
    const label = name === "raw" ? "raw ws, nothing stored" : `throughline, durability ${name}`;
    const frames = Math.round(median(results.map((result) => result.frames)));
    console.log(
      `  ${label.padEnd(34)} ${format(median(values)).padStart(9)} ${workload.unit}  ${(median(values) / reference).toFixed(2)}× ` +
        `(${format(Math.min(...values))} to ${format(Math.max(...values))})  p50 ${median(results.map((result) => result.p50)).toFixed(1)} ms  ` +
        `p99 ${median(results.map((result) => result.p99)).toFixed(1)} ms  ${format(frames)} frames`,
    );
  }
}

async function measure(side: "raw" | "full" | "relaxed", workload: Workload): Promise<LoadResult> {
  const file = side === "raw" ? "./raw-ws-server.ts" : "./throughline-server.ts";
  const { users, devices, ask, rounds: asks } = workload;
  const server = await Peer.start<{ port: number; tokens?: string[] }>(file, serverCore, { users, durability: side });
  const clients = await Peer.start<object>("./load.ts", clientCore, {});
  const { port, tokens = [] } = server.ready;
  const kind = side === "raw" ? "raw" : "throughline";
  const load: Load = { kind, port, users, devices, ask, rounds: asks, tokens };
  // Once to warm both sides up, once to count.
  await clients.ask<LoadResult>({ ...load, rounds: Math.max(1, Math.floor(asks / 4)) });
  const result = await clients.ask<LoadResult>(load);
  await Promise.all([server.stop(), clients.stop()]);
  return result;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function format(value: number): string {
  return Math.round(value).toLocaleString("en");
}
