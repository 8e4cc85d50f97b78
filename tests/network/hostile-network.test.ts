/**
 * Many devices behind a network that resets, ends, stalls, half-opens, throttles and repeats connections. Nothing that was
 * stored may be missing, repeated or out of order at any device, and no command may take effect twice.
 *
 * THROUGHLINE_NETWORK_EVENTS=1000000 npx vitest run tests/network    a million events to 200 devices; in CI 40,000 to 40
 * THROUGHLINE_SEED=7                                                 the same schedule of faults again
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Random } from "../simulation/random.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import { fates, HostileProxy } from "./hostile-proxy.ts";
import { NetworkPerson } from "./network-person.ts";

const events = Number(process.env.THROUGHLINE_NETWORK_EVENTS ?? 40_000);
const people = events >= 1_000_000 ? 100 : 20;
const eventsPerRun = 250;
const seed = process.env.THROUGHLINE_SEED ?? String(Date.now() % 1_000_000);
const lifeMsMax = 2_000;

test(`${events} events to ${2 * people} devices over a hostile network: none lost, none twice, none out of order`, {
  timeout: 120_000 + events / 2,
}, async () => {
  console.log(`hostile network with THROUGHLINE_SEED=${seed}`);
  await using world = await ScriptedWorld.start({
    commandsPerMinuteMax: 1_000_000,
    // Devices notice a connection that has gone silent within a second.
    heartbeatIntervalMs: 500,
    compactionDelayMs: 86_400_000,
  });
  await using proxy = await HostileProxy.start(world.server.port, new Random(`network ${seed}`), lifeMsMax);
  const crowd = Array.from(
    { length: people },
    (_, index) => new NetworkPerson(world, proxy.url, `person${index}`, index),
  );
  await Promise.all(crowd.map((person) => person.connected()));
  const began = performance.now();
  await Promise.all(crowd.map((person) => person.talk(events / people, eventsPerRun)));
  const talkedMs = performance.now() - began;
  // Calm again, everybody gets everything.
  proxy.calm();
  const heads = await Promise.all(
    Array.from({ length: people }, async (_, index) => {
      await using device = await world.webSocket(`person${index}`);
      const head = device.welcome?.head ?? "";
      return Number(head.slice(head.indexOf("-") + 1));
    }),
  );
  await Promise.all(
    crowd.flatMap(({ devices }, index) =>
      devices.map((device) => device.until(() => device.last >= (heads[index] ?? 0))),
    ),
  );
  await sleep(0);

  const devices = crowd.flatMap((person) => person.devices);
  const sum = (of: (device: (typeof devices)[number]) => number) =>
    devices.reduce((total, device) => total + of(device), 0);
  const delivered = sum((device) => device.events);
  console.log(
    `${heads.reduce((total, head) => total + head, 0)} events stored, ${delivered} delivered to ${devices.length} devices in ` +
      `${(talkedMs / 1_000).toFixed(1)} s; ${fates.map((fate) => `${proxy.struck[fate]} ${fate}`).join(", ")}`,
  );
  expect({
    lost: sum(({ lost }) => lost),
    repeatedOrDisordered: sum((device) => device.repeatedOrDisordered),
    resets: sum(({ resets }) => resets),
  }).toEqual({ lost: 0, repeatedOrDisordered: 0, resets: 0 });
  expect(delivered).toBe(2 * heads.reduce((total, head) => total + head, 0));
  // Every command exactly once, on both devices.
  for (const { devices: pair, commands } of crowd) {
    for (const { accepted } of pair) expect(accepted).toEqual(new Map(commands.map((id) => [id, 1])));
  }
  for (const fate of fates) expect(proxy.struck[fate], fate).toBeGreaterThan(0);
  for (const { client } of devices) client.close();
});
