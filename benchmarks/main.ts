/**
 * Every workload against its reference in the same run: servers on one core, clients on another, the sides in turn.
 * Usage: npm run bench [-- rounds [workload …]]
 */
import { cpus } from "node:os";
import { Peer } from "./peer.ts";
import { median } from "./percentile.ts";
import type {
  Ask,
  FirstTokenResult,
  Measurement,
  Memory,
  PacedResult,
  ResumeResult,
  ThroughputResult,
} from "./workload.ts";

const serverCore = 0;
const clientCore = cpus().length > 1 ? 1 : 0;
const sides = ["raw", "full", "relaxed"] as const;
type Side = (typeof sides)[number];
const sideNames: Readonly<Record<Side, string>> = {
  raw: "raw ws, nothing stored",
  full: "throughline, durability full",
  relaxed: "throughline, durability relaxed",
};

type Unplaced<Kind> = Omit<Extract<Measurement, { measure: Kind }>, "kind" | "port" | "tokens">;

interface Pair {
  readonly server: Peer<{ readonly port: number; readonly tokens?: readonly string[] }>;
  readonly clients: Peer<object>;
  measure<Result>(measurement: object): Promise<Result>;
  stop(): Promise<unknown>;
}

async function start(side: Side, users: number): Promise<Pair> {
  const file = side === "raw" ? "./raw-ws-server.ts" : "./throughline-server.ts";
  const server: Pair["server"] = await Peer.start(file, serverCore, { users, durability: side, agent: "workload" });
  const clients = await Peer.start<object>("./clients.ts", clientCore, {});
  const { port, tokens = [] } = server.ready;
  const kind = side === "raw" ? "raw" : "throughline";
  return {
    server,
    clients,
    measure: (measurement) => clients.ask({ ...measurement, kind, port, tokens }),
    stop: () => Promise.all([server.stop(), clients.stop()]),
  };
}

/** Measures each side `rounds` times, in turn; a line for each side. */
async function compare<Result>(
  rounds: number,
  measure: (side: Side) => Promise<Result>,
  describe: (results: readonly Result[], raw: readonly Result[]) => string,
  measured: readonly Side[] = sides,
): Promise<void> {
  const results = new Map<Side, Result[]>(measured.map((side) => [side, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const side of measured) results.get(side)?.push(await measure(side));
  }
  const raw = results.get("raw") ?? [];
  for (const [side, ofSide] of results) console.log(`  ${sideNames[side].padEnd(34)} ${describe(ofSide, raw)}`);
}

function throughput(
  measurement: Unplaced<"throughput">,
  unit: string,
  value: (result: ThroughputResult) => number,
): (rounds: number) => Promise<void> {
  const measure = async (side: Side) => {
    const pair = await start(side, measurement.users);
    // Both sides are warmed up first: nobody runs a server for a second.
    await pair.measure({ ...measurement, rounds: Math.max(2, Math.floor(measurement.rounds / 4)) });
    const result = await pair.measure<ThroughputResult>(measurement);
    await pair.stop();
    return result;
  };
  return (rounds) =>
    compare(rounds, measure, (results, raw) => {
      const values = results.map(value);
      const of = (part: "p50" | "p99" | "frames") => median(results.map((result) => result[part]));
      return [
        `${format(median(values)).padStart(9)} ${unit}  ${ratio(median(values), median(raw.map(value)))}`,
        `(${format(Math.min(...values))} to ${format(Math.max(...values))})`,
        `p50 ${of("p50").toFixed(1)} ms  p99 ${of("p99").toFixed(1)} ms  ${format(of("frames"))} frames`,
      ].join("  ");
    });
}

function paced(measurement: Unplaced<"paced">): (rounds: number) => Promise<void> {
  const warmUp: Ask = { work: "paced", count: 50, everyMs: 20 };
  const measure = async (side: Side) => {
    const pair = await start(side, measurement.users);
    await pair.measure({ ...measurement, ask: warmUp });
    const before = pair.server.cpuSeconds;
    const result = await pair.measure<PacedResult>(measurement);
    const cpu = pair.server.cpuSeconds - before;
    await pair.stop();
    return { ...result, cpu };
  };
  return (rounds) =>
    compare(rounds, measure, (results, raw) => {
      const of = (part: "p50" | "p99" | "cpu", from = results) => median(from.map((result) => result[part]));
      return [
        `${of("cpu").toFixed(2).padStart(6)} s of CPU  ${ratio(of("cpu"), of("cpu", raw))}`,
        `p50 ${of("p50").toFixed(2)} ms  p99 ${of("p99").toFixed(2)} ms`,
        `${format(median(results.map(({ deliveries }) => deliveries)))} deliveries`,
      ].join("  ");
    });
}

function resume(measurement: Unplaced<"resume">): (rounds: number) => Promise<void> {
  const measure = async (side: Side) => {
    const pair = await start(side, measurement.users);
    await pair.measure(measurement);
    const result = await pair.measure<ResumeResult>(measurement);
    await pair.stop();
    return result;
  };
  return (rounds) =>
    compare(rounds, measure, (results, raw) => {
      const recovered = (of: readonly ResumeResult[]) => median(of.map(({ recoveredMs }) => recoveredMs));
      return [
        `${format(recovered(results)).padStart(6)} ms  ${ratio(recovered(results), recovered(raw))}`,
        `lost ${results.map(({ lost }) => format(lost)).join(", ")}`,
        `repeated ${results.map(({ repeated }) => format(repeated)).join(", ")}`,
      ].join("  ");
    });
}

function idle(connections: number, users: number): (rounds: number) => Promise<void> {
  const measure = async (side: Side) => {
    const pair = await start(side, users);
    // What the first connections load and compile is not theirs.
    await pair.measure({ measure: "idle", users, devices: 1 });
    const before = await pair.server.ask<Memory>({});
    await pair.measure({ measure: "idle", users, devices: connections / users });
    const after = await pair.server.ask<Memory>({});
    await pair.stop();
    return { heap: (after.heap - before.heap) / connections, rss: (after.rss - before.rss) / connections };
  };
  return (rounds) =>
    compare(
      rounds,
      measure,
      (results, raw) => {
        const of = (part: "heap" | "rss", from = results) => median(from.map((result) => result[part])) / 1_024;
        const heap = `${of("heap").toFixed(1).padStart(6)} KiB of heap  ${ratio(of("heap"), of("heap", raw))}`;
        return `${heap}  ${of("rss").toFixed(1)} KiB resident  ${ratio(of("rss"), of("rss", raw))}`;
      },
      ["raw", "full"],
    );
}

async function firstToken(rounds: number): Promise<void> {
  const results: FirstTokenResult[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const model = await Peer.start<{ modelUrl: string }>("./model-server.ts", clientCore, {});
    const { modelUrl } = model.ready;
    const env = { OPENAI_BASE_URL: modelUrl, OPENAI_API_KEY: "benchmark" };
    const server = await Peer.start<{ port: number; tokens: string[] }>(
      "./throughline-server.ts",
      serverCore,
      { users: 1, durability: "full", agent: "model" },
      env,
    );
    const clients = await Peer.start<object>("./clients.ts", clientCore, {});
    const { port, tokens } = server.ready;
    const target = { kind: "throughline", port, tokens, users: 1, devices: 1 } as const;
    results.push(await clients.ask({ ...target, measure: "first-token", count: 300, modelUrl } satisfies Measurement));
    await Promise.all([model.stop(), server.stop(), clients.stop()]);
  }
  const of = (from: "direct" | "through", share: "p50" | "p99") => median(results.map((result) => result[from][share]));
  const line = (share: "p50" | "p99") =>
    `${share} ${of("direct", share).toFixed(2)} ms direct, ${of("through", share).toFixed(2)} ms through: ` +
    `${(of("through", share) - of("direct", share)).toFixed(2)} ms added`;
  console.log(`  ${line("p50")}\n  ${line("p99")}`);
}

const workloads: Readonly<Record<string, { readonly title: string; readonly run: (rounds: number) => Promise<void> }>> =
  {
    "fan-out": {
      title: "fan-out: 200 users × 2 devices × 200 events of 200 B (goal ≥ 3× raw ws)",
      run: throughput(
        {
          measure: "throughput",
          users: 200,
          devices: 2,
          rounds: 4,
          ask: { work: "events", count: 200, text: "x".repeat(40) },
        },
        "deliveries/s",
        ({ deliveries, milliseconds }) => (deliveries / milliseconds) * 1_000,
      ),
    },
    "golden-path": {
      title: "golden path: 64 users, closed loop, 5 lifecycle events and 20 deltas (goal ≥ 1.5× raw ws)",
      run: throughput(
        { measure: "throughput", users: 64, devices: 1, rounds: 60, ask: { work: "golden", deltas: 20 } },
        "runs/s",
        ({ runs, milliseconds }) => (runs / milliseconds) * 1_000,
      ),
    },
    resume: {
      title: "resume: 1,000 devices of 500 users dropped in mid-stream (goal 0 lost, 0 repeated, ≤ 2× raw ws)",
      run: resume({
        measure: "resume",
        users: 500,
        devices: 2,
        ask: { work: "paced", count: 100, everyMs: 50 },
        dropAfterMs: 2_000,
      }),
    },
    paced: {
      title: "paced fan-out: 200 users × 2 devices, 50 events/s a user (goal ≤ 1× CPU, p50 ≤ 0.5 ms, p99 ≤ 5 ms)",
      run: paced({ measure: "paced", users: 200, devices: 2, ask: { work: "paced", count: 400, everyMs: 20 } }),
    },
    idle: {
      title: "8,000 idle connections of 1,000 users (goal ≤ 1.3× raw ws)",
      run: idle(8_000, 1_000),
    },
    "first-token": {
      title: "added time to the first token (goal p50 ≤ 3 ms, p99 ≤ 15 ms)",
      run: firstToken,
    },
  };

const [roundsText = "3", ...names] = process.argv.slice(2);
const rounds = Number(roundsText);
const unknown = names.filter((name) => !Object.hasOwn(workloads, name));
if (!Number.isInteger(rounds) || rounds < 1 || unknown.length > 0) {
  console.error(`usage: npm run bench [-- rounds [${Object.keys(workloads).join(" | ")} …]]`);
  process.exit(2);
}
for (const [name, { title, run }] of Object.entries(workloads)) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.log(`\n${title}`);
  await run(rounds);
}

/** Times the reference. */
function ratio(value: number, reference: number): string {
  return `${(value / reference).toFixed(2)}×`;
}

function format(value: number): string {
  return Math.round(value).toLocaleString("en");
}
