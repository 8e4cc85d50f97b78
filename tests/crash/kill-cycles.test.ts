/**
 * Several people with two devices each write to a real server, which is killed again and again: while it works, while it
 * recovers, and while it starts. Their devices come back with their cursors and send again what was not acknowledged.
 * Everything that anybody saw, and what tools left in a file outside of the server, is then judged exactly.
 *
 * THROUGHLINE_KILLS=500 npx vitest run tests/crash/kill-cycles.test.ts    as many kills as one likes in each; in CI 20 in all
 * THROUGHLINE_SEED=7                                                      the same moments and messages again
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Random } from "../simulation/random.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import { CrashPerson } from "./crash-person.ts";

const killsAsked = process.env.THROUGHLINE_KILLS;
const seed = process.env.THROUGHLINE_SEED ?? String(Date.now() % 1_000_000);
const peopleCount = 6;
/** One kill in so many hits a server that is still starting. */
const killsPerStartKill = 6;
const startMsAbout = 1_200;

test.each([
  { compaction: "never", compactionDelayMs: 86_400_000, kills: Number(killsAsked ?? 12) },
  // Then kills meet it as well, and devices come back with cursors into what has gone.
  { compaction: "all the time", compactionDelayMs: 200, kills: Number(killsAsked ?? 8) },
])(
  "killed $kills times under load, compacted $compaction, nobody loses a message, sees one twice or gets two answers",
  {
    timeout: 60_000 + Number(killsAsked ?? 12) * 10_000,
  },
  async ({ compactionDelayMs, compaction, kills }) => {
    console.log(`kills with THROUGHLINE_SEED=${seed}`);
    const random = new Random(`kills ${seed}`);
    const moments = random.stream("moments");
    await using world = await ScriptedWorld.start({
      deltaIntervalMs: 5,
      commandsPerMinuteMax: 1_000_000,
      toolCallsPerMinuteMax: 1_000_000,
      runAttemptsMax: 1_000_000,
      compactionDelayMs,
    });
    let killing = true;
    const people = Array.from(
      { length: peopleCount },
      (_, index) => new CrashPerson(world, `person-${index}`, random.stream(`person ${index}`)),
    );
    // A failure is seen where it happens, not after the last kill.
    const failed = Promise.withResolvers<never>();
    const living = Promise.all(people.map((person) => person.live(() => killing)));
    living.catch((error: unknown) => failed.reject(error));
    for (let kill = 1; kill <= kills; kill += 1) {
      if (kill % killsPerStartKill === 0) {
        await world.server.kill9();
        await killDuringStart(world, moments.between(0, startMsAbout));
      } else {
        await Promise.race([sleep(moments.between(0, 500)), failed.promise]);
        await world.server.kill9();
      }
      await world.server.start();
    }
    killing = false;
    await living;
    const sums = { runs: 0, resumed: 0, repeated: 0, unknown: 0, repeatedTools: 0, events: 0, compacted: 0 };
    for (const person of people) {
      const seen = await person.verify();
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += seen[name];
    }
    console.log(
      `${kills} kills, compacted ${compaction}: ${JSON.stringify({ ...sums, effects: world.server.effects.length })}`,
    );
    // Otherwise nothing was tried.
    expect(sums.runs).toBeGreaterThan(kills);
    expect(sums.resumed).toBeGreaterThan(0);
    expect(sums.repeated).toBeGreaterThan(0);
    expect(sums.compacted > 0).toBe(compactionDelayMs < 1_000);
  },
);

/** Dies before it listens, or shortly after, when it was quick. */
async function killDuringStart(world: ScriptedWorld, afterMs: number): Promise<void> {
  const started = world.server.start().catch(() => undefined);
  await sleep(afterMs);
  await world.server.kill9();
  await started;
}
