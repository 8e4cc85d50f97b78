/**
 * Many users with three devices each, a canary of their own in everything they fill, hostile ids, and sessions that end under
 * live connections: not one byte of anybody reaches anybody else.
 *
 * THROUGHLINE_ISOLATION_USERS=200 npx vitest run tests/isolation    200 users with 1,000 events each; in CI 24 with 300
 */
import { expect, test } from "vitest";
import { Random } from "../simulation/random.ts";
import { ServerProcess, type ServerSettings } from "../support/server-process.ts";
import { IsolatedUser } from "./isolated-user.ts";
import { leaks } from "./witness.ts";

const given = process.env.THROUGHLINE_ISOLATION_USERS;
const users = Number(given ?? 24);
const events = given === undefined ? 300 : 1_000;
const plantedRuns = given === undefined ? 2 : 20;
const revocationMsMax = 5_000;
/** So many users act at a time: signing up hashes passwords, which is meant to cost. */
const atOnce = 8;

async function isolationRun(count: number, eventsEach: number, settings: ServerSettings = {}) {
  await using server = await ServerProcess.start({
    ...settings,
    agent: "scripted",
    limits: {
      commandsPerMinuteMax: 1_000_000,
      toolCallsPerMinuteMax: 1_000_000,
      signInAttemptsPerMinuteMax: 1_000_000,
      compactionDelayMs: 86_400_000,
    },
  });
  const crowd = Array.from({ length: count }, (_, index) => new IsolatedUser(server, `user ${index}`));
  const random = new Random("isolation");
  const errors: unknown[] = [];
  const attempt = (work: (user: IsolatedUser) => Promise<void> | void) =>
    eachOf(crowd, async (user) => {
      try {
        await work(user);
      } catch (error) {
        errors.push(error);
      }
    });
  await attempt((user) => user.arrive());
  await attempt((user) => user.live(eventsEach, crowd, () => random.unit()));
  await attempt((user) => user.leave());
  return { crowd, errors };
}

async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
    }),
  );
}

test(`${users} users × 3 devices × ${events} events: no foreign byte, and an ended session ends its connections`, {
  timeout: 120_000 + users * events * 5,
}, async () => {
  const { crowd, errors } = await isolationRun(users, events);
  expect(errors).toEqual([]);
  const witnesses = crowd.map(({ witness }) => witness);
  const revocations = crowd.flatMap(({ revocationsMs }) => revocationsMs);
  console.log(
    `${witnesses.reduce((sum, { texts }) => sum + texts, 0)} frames and bodies looked through; ` +
      `${revocations.length} sessions ended under live connections, the slowest closed after ${Math.max(...revocations).toFixed(0)} ms`,
  );
  expect(leaks(witnesses)).toEqual([]);
  for (const { ownTexts } of witnesses) expect(ownTexts).toBeGreaterThan(events / 50);
  expect(revocations).toHaveLength(users);
  expect(revocations.filter((milliseconds) => milliseconds > revocationMsMax)).toEqual([]);
});

test(`a leak that is planted in the broadcaster is found ${plantedRuns} times out of ${plantedRuns}`, {
  timeout: 300_000,
}, async () => {
  const preload = new URL("./leaking-broadcaster.mjs", import.meta.url).href;
  for (let run = 0; run < plantedRuns; run += 1) {
    // Devices that are sent somebody else's events do not see their own; what matters is that it is called a leak.
    const { crowd } = await isolationRun(4, 20, { env: { NODE_OPTIONS: `--import ${preload}` } });
    expect(
      leaks(crowd.map(({ witness }) => witness)).filter((leak) => leak.includes("canary-")),
      `run ${run}`,
    ).not.toEqual([]);
  }
});
