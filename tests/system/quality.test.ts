/** The quality of answers, end to end: bad answers in, alerts at exactly who asked for them, true numbers in the report. */
import type { EventOf, QualityAlert, RunId } from "@throughline/protocol";
import { expect, test } from "vitest";
import { Random } from "../simulation/random.ts";
import { script } from "../support/scripted-agent.ts";
import { ServerProcess } from "../support/server-process.ts";
import { TestDevice } from "../support/test-device.ts";
import { TokenIssuer } from "../support/token-issuer.ts";

const good = "The meeting is on Tuesday at 10:00 in room 4. Bring the printed contracts.";
const bad = "It is important to note that it depends on various factors. Generally speaking, many things matter.";

const alertsOf = (device: TestDevice): QualityAlert[] =>
  device.events.flatMap((event) => (event.type === "quality_alert" ? [event.data] : []));
const endsOf = (device: TestDevice) =>
  device.events.filter((event): event is EventOf<"agent_completed"> => event.type === "agent_completed");

async function setUp(settings: Parameters<typeof ServerProcess.start>[0]) {
  const issuer = await TokenIssuer.start();
  const server = await ServerProcess.start({
    agent: "scripted",
    issuers: [{ ...issuer.settings, tenantClaim: "tenant" }],
    operators: ["partner:ann", "partner:zoe"],
    ...settings,
  });
  const deviceOf = async (subject: string, tenant: string) =>
    TestDevice.webSocket(server, { bearer: await issuer.token(subject, { tenant }) }, { keepFrames: true });
  return {
    issuer,
    server,
    deviceOf,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

test("bad answers alert exactly the subscribers of the tenant, and the report tells the truth about them", async () => {
  await using world = await setUp({ quality: { gate: "annotate" } });
  const [ann, ben, cat, zoe] = await Promise.all([
    world.deviceOf("ann", "acme"),
    world.deviceOf("ben", "acme"),
    world.deviceOf("cat", "acme"),
    world.deviceOf("zoe", "other"),
  ]);
  await ann.command("quality.subscribe", { scope: "tenant" });
  await zoe.command("quality.subscribe", { scope: "tenant" });
  await cat.command("quality.subscribe", {});
  expect((await ben.refusal("quality.subscribe", { scope: "tenant" })).code).toBe("forbidden");
  const annTwo = await world.deviceOf("ann", "acme");

  for (const text of [good, bad, bad, good]) await ben.command("message.send", { text: script({ say: text }) });
  await ben.until(() => endsOf(ben).length === 4, "the end of four runs");
  await ann.until(() => alertsOf(ann).length === 1, "an alert");
  await annTwo.until(() => alertsOf(annTwo).length === 1, "the alert on the other device");
  const [alert] = alertsOf(ann) as [QualityAlert];
  expect(alert).toMatchObject({ scope: "tenant", agent: "scripted", state: "open", occurrences: 1 });

  const verdicts = ben.events.flatMap((event) => (event.type === "quality_verdict" ? [event.data.verdict] : []));
  expect(verdicts.map(({ passed }) => passed).sort()).toEqual([false, false, true, true]);
  const { agents, alerts } = await ann.command("quality.metrics", { scope: "tenant" });
  const scores = verdicts.map(({ score }) => score).sort((left, right) => left - right);
  expect(agents).toMatchObject([
    { agent: "scripted", verdicts: 4, passed: 2, blocked: 0, minimum: scores[0], maximum: scores[3] },
  ]);
  expect(alerts).toMatchObject([{ alertId: alert.alertId, occurrences: 2 }]);
  const report = await ann.command("quality.report", { scope: "tenant", period: "day" });
  expect(report.markdown).toContain("4 answers were judged; 2 passed (50 %), 0 were withheld.");
  expect((await ben.command("quality.metrics", {})).agents).toMatchObject([{ verdicts: 4 }]);
  expect((await cat.command("quality.metrics", {})).agents).toEqual([]);
  expect((await zoe.command("quality.report", { scope: "tenant", period: "week" })).agents).toEqual([]);

  expect((await ben.refusal("quality.resolve", { alertId: alert.alertId })).code).toBe("not_found");
  expect((await zoe.refusal("quality.resolve", { alertId: alert.alertId })).code).toBe("not_found");
  expect(await ann.command("quality.acknowledge", { alertId: alert.alertId })).toMatchObject({ state: "acknowledged" });
  expect(await ann.command("quality.resolve", { alertId: alert.alertId })).toMatchObject({ state: "resolved" });
  const states = () =>
    annTwo.events.flatMap((event) =>
      event.type === "quality_update" ? [event.data.alert?.state ?? "subscription"] : [],
    );
  await annTwo.until(() => states().length === 2, "both changes on the other device");
  expect(states()).toEqual(["acknowledged", "resolved"]);

  // What the operator was told names nobody and repeats nobody's words.
  const { runId } = endsOf(ben)[0] as EventOf<"agent_completed">;
  const told = [...ann.frameTexts, ...annTwo.frameTexts].join();
  for (const secret of ["partner:ben", runId, "various factors"]) expect(told).not.toContain(secret);
  for (const device of [cat, zoe]) expect(alertsOf(device)).toEqual([]);
  expect([ann, annTwo, ben, cat, zoe].flatMap(({ violations }) => violations)).toEqual([]);
});

test("an alert whose server was killed comes once after the restart, and the run is counted once", async () => {
  await using world = await setUp({ quality: { gate: "annotate" } });
  const ann = await world.deviceOf("ann", "acme");
  await ann.command("quality.subscribe", { scope: "tenant" });
  const { runId } = await ann.command("message.send", {
    text: script({ call: "write_again", label: "slow", holdMs: 1_000 }, { say: bad }),
  });
  await ann.until(() => ann.events.some(({ type }) => type === "tool_executing"), "the beginning of a call");
  await world.server.kill9();
  await world.server.start();
  const again = await TestDevice.webSocket(
    world.server,
    { bearer: await world.issuer.token("ann", { tenant: "acme" }) },
    { after: ann.cursor ?? null },
  );
  await again.until(() => endsOf(again).some((event) => event.runId === runId), "the end of the run");
  await again.until(() => alertsOf(again).length > 0, "the alert");
  await world.server.kill9();
  await world.server.start();
  const last = await TestDevice.webSocket(
    world.server,
    { bearer: await world.issuer.token("ann", { tenant: "acme" }) },
    { after: again.cursor ?? null },
  );
  const { agents, alerts } = await last.command("quality.metrics", { scope: "tenant" });
  expect(agents).toMatchObject([{ verdicts: 1, passed: 0 }]);
  expect(alerts).toMatchObject([{ occurrences: 1 }]);
  expect([...alertsOf(ann), ...alertsOf(again), ...alertsOf(last)]).toHaveLength(1);
});

test("behind the gate block nothing of a rejected answer reaches any device", async () => {
  await using world = await setUp({ quality: { gate: "block", revisionsMax: 0 } });
  const [ann, ben] = await Promise.all([world.deviceOf("ann", "acme"), world.deviceOf("ben", "acme")]);
  await ann.command("quality.subscribe", { scope: "tenant" });
  await ben.command("message.send", { text: script({ say: bad }) });
  await ben.until(() => endsOf(ben).length === 1, "the end of the run");
  const [end] = endsOf(ben);
  expect(end?.data).toMatchObject({ outcome: "failed", error: { code: "quality_rejected" } });
  expect(end?.data.message).toBeUndefined();
  const shown = ben.events.flatMap((event) => (event.type === "agent_delta" ? [event.data.text] : []));
  expect(shown.join("")).toBe("");
  await ann.until(() => alertsOf(ann).length === 1, "the alert");
  expect(alertsOf(ann)[0]).toMatchObject({ severity: "critical" });
});

test("1,000 interleavings of two users, through router, engine, gate and sockets: not one crossed id or word", async () => {
  await using world = await setUp({
    quality: { gate: "annotate" },
    limits: { commandsPerMinuteMax: 100_000, toolCallsPerMinuteMax: 100_000 },
  });
  const seed = process.env.THROUGHLINE_SEED ?? String(Date.now() % 1_000_000);
  console.log(`interleavings with THROUGHLINE_SEED=${seed}`);
  const sides = await Promise.all(
    [
      { name: "ann", tenant: "acme" },
      { name: "zoe", tenant: "other" },
    ].map(async ({ name, tenant }) => ({
      canary: `canary-${name}-`,
      random: new Random(seed).stream(name),
      devices: [await world.deviceOf(name, tenant), await world.deviceOf(name, tenant)],
      runs: [] as RunId[],
      replies: [] as unknown[],
    })),
  );
  type User = (typeof sides)[number];
  const act = async ({ canary, random, devices, runs, replies }: User, round: number) => {
    const device = random.pick(devices);
    const text = `${canary}${round} ${random.chance(0.5) ? good : bad}`;
    const acts = [
      async () => {
        const reply = await device.command("message.send", { text: script({ say: text }) });
        runs.push(reply.runId);
        return reply;
      },
      () => device.command("quality.validate", { text, question: `${canary}${round}` }),
      () => device.command("quality.metrics", { scope: random.chance(0.5) ? "user" : "tenant" }),
      () => device.command("quality.report", { scope: random.chance(0.5) ? "user" : "tenant", period: "day" }),
      () => device.command(random.chance(0.6) ? "quality.subscribe" : "quality.unsubscribe", { scope: "tenant" }),
    ];
    replies.push(await random.pick(acts)());
  };
  // Both act at the same moment; which of them the server hears first is not ours to say.
  for (let round = 0; round < 1_000; round += 1) await Promise.all(sides.map((user) => act(user, round)));
  for (const { devices, runs } of sides)
    await Promise.all(devices.flatMap((each) => runs.map((runId) => each.ended(runId))));

  const [ann, zoe] = sides as [User, User];
  for (const [user, stranger] of [
    [ann, zoe],
    [zoe, ann],
  ] as const) {
    const seen = [JSON.stringify(user.replies), ...user.devices.flatMap(({ frameTexts }) => frameTexts)].join("\n");
    const events = stranger.devices.flatMap((device) => device.events);
    const foreign = [
      ...[stranger.canary, ...stranger.runs],
      ...events.flatMap((event) => [event.threadId ?? "", event.type === "quality_alert" ? event.data.alertId : ""]),
    ];
    expect([...new Set(foreign)].filter((id) => id !== "" && seen.includes(id))).toEqual([]);
    // There is something to search in.
    expect(seen).toContain(user.canary);
    const verdicts = user.devices[0]?.events.filter(({ type }) => type === "quality_verdict") ?? [];
    expect(verdicts).toHaveLength(user.runs.length);
    const { agents } = (await user.devices[0]?.command("quality.metrics", { scope: "tenant" })) ?? { agents: [] };
    expect(agents).toMatchObject([{ verdicts: user.runs.length }]);
    expect(user.devices.flatMap(({ violations }) => violations)).toEqual([]);
  }
  expect(ann.runs.length).toBeGreaterThan(100);
  expect(zoe.runs.length).toBeGreaterThan(100);
}, 240_000);
