/** Mixed load on one server process for a given time, sampled from outside. */
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../simulation/random.ts";
import { ServerProcess } from "../support/server-process.ts";
import { Latencies } from "./latencies.ts";
import { Person } from "./person.ts";
import { type Sample, takeSample } from "./sample.ts";

export interface LongRunOptions {
  readonly minutes: number;
  readonly people: number;
  /** Mean time between two things that one person does. */
  readonly paceMs: number;
  readonly retentionMs: number;
  readonly sampleEveryMs: number;
  readonly seed: number;
  onSample(sample: Sample): void;
}

export interface LongRunResult {
  readonly samples: readonly Sample[];
  /** Events that were compared between devices; each device's sight of an event counts. */
  readonly events: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Effects that tools left, and how many of the at-most-once ones came twice. */
  readonly effects: number;
  readonly doubleEffects: number;
  /** What the server printed: nothing, when all went well. */
  readonly serverOutput: string;
}

/** Rejects when anything that was promised did not hold. */
export async function longRun(options: LongRunOptions): Promise<LongRunResult> {
  const { minutes, people, retentionMs, sampleEveryMs } = options;
  await using server = await ServerProcess.start({
    agent: "scripted",
    // What is garbage is taken away soon: else minutes without a collection of the whole heap look like a leak.
    nodeOptions: ["--heap-growing-percent=10", "--max-semi-space-size=4"],
    retentionMs,
    limits: {
      compactionDelayMs: 2_000,
      retentionSweepIntervalMs: Math.min(10_000, retentionMs / 4),
      signInAttemptsPerMinuteMax: 100_000,
      commandsPerMinuteMax: 100_000,
      toolCallsPerMinuteMax: 100_000,
    },
  });
  const latencies = new Latencies();
  const samples: Sample[] = [];
  const began = performance.now();
  const ending = new AbortController();
  const stream = new Random(`long run ${options.seed}`);
  const random = () => stream.unit();
  const crowd = Array.from(
    { length: people },
    (_, index) => new Person({ ...options, server, latencies, random, name: `person${index}` }),
  );
  const living = Promise.all(crowd.map((person) => person.live(ending.signal)));
  const sampling = (async () => {
    while (!ending.signal.aborted) {
      await sleep(sampleEveryMs, undefined, { signal: ending.signal }).catch(() => undefined);
      const sample = await takeSample(server, (performance.now() - began) / 1_000, latencies.take());
      samples.push(sample);
      options.onSample(sample);
    }
  })();
  // The first promise that was not kept ends the run.
  await Promise.race([sleep(minutes * 60_000), living, sampling]);
  ending.abort();
  await Promise.all([living, sampling]);
  const once = server.effects.filter((line) => line.startsWith("write_once ") || line.startsWith("ask_first "));
  return {
    samples,
    events: crowd.reduce((sum, person) => sum + person.events, 0),
    counts: sumOf(crowd.map(({ counts }) => counts)),
    effects: server.effects.length,
    doubleEffects: once.length - new Set(once.map((line) => line.split(" ")[1])).size,
    serverOutput: server.output
      .split("\n")
      .filter((line) => line !== "" && !line.includes('"event":"listening"'))
      .join("\n"),
  };
}

function sumOf(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
