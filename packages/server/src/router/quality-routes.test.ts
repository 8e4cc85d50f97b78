import { type CommandType, commandTypes, type RunId } from "@throughline/protocol";
import { replyDataSchemas, serverFrameSchema } from "@throughline/protocol/schemas";
import { describe, expect, test } from "vitest";
import { alice, bob, RouterBench } from "../../../../tests/support/router-bench.ts";
import { userPermissions } from "./built-in-routes.ts";
import { tenantPermission } from "./quality-routes.ts";

type QualityType = Extract<CommandType, `quality.${string}`>;
const qualityTypes = commandTypes.filter((type): type is QualityType => type.startsWith("quality."));
const unknownAlert = { alertId: "alr_aaaaaaaaaa" };

/** A forgotten type does not compile. */
const data: Readonly<Record<QualityType, object>> = {
  "quality.validate": { text: "It depends on various factors.", question: "When is the meeting?" },
  "quality.metrics": { windowHours: 3 },
  "quality.report": { period: "week" },
  "quality.subscribe": {},
  "quality.unsubscribe": {},
  "quality.acknowledge": unknownAlert,
  "quality.resolve": unknownAlert,
};
const answered = qualityTypes.filter((type) => data[type] !== unknownAlert);
const tenantScoped: readonly QualityType[] = ["quality.metrics", "quality.report", "quality.subscribe"];

const userPolicy = (_identity: unknown, permission: string) => userPermissions.has(permission);

test.each(answered)("%s is answered as declared, and its repetition as well", async (type) => {
  const bench = new RouterBench({ policy: userPolicy });
  for (const id of ["the-command", "the-command"]) {
    const reply = await bench.send(type, data[type], alice, id);
    expect(reply).toMatchObject({ ok: true, duplicate: false });
    expect(serverFrameSchema.parse(reply)).toEqual(reply);
    expect(replyDataSchemas[type].parse(reply.ok && reply.data)).toEqual(reply.ok && reply.data);
  }
});

test.each(tenantScoped)("%s about the tenant needs its permission", async (type) => {
  const given = { ...data[type], scope: "tenant" };
  const refusal = { ok: false, error: { code: "forbidden", message: expect.stringContaining(tenantPermission) } };
  expect(await new RouterBench({ policy: userPolicy }).send(type, given)).toMatchObject(refusal);
  expect(await new RouterBench().send(type, given)).toMatchObject({ ok: true, data: { scope: "tenant" } });
});

test.each(["quality.acknowledge", "quality.resolve"] as const)("%s of what is not there is not found", async (type) => {
  expect(await new RouterBench().send(type, unknownAlert)).toMatchObject({ ok: false, error: { code: "not_found" } });
});

describe("alerts", () => {
  async function setUp(policy?: typeof userPolicy) {
    const bench = new RouterBench(policy && { policy });
    await bench.accepted("quality.subscribe", {}, alice);
    const verdict = {
      contentType: "general",
      score: 0.1,
      level: "unacceptable",
      passed: false,
      blocked: true,
    } as const;
    const { userId, tenantId } = alice;
    const runId = "run_aaaaaaaaaa" as RunId;
    bench.quality.record({ runId, userId, tenantId, agent: "writer", issues: ["score"], ...verdict });
    await bench.clock.advance(0);
    return bench;
  }

  test("are events of the subscriber's feed, and of no other", async () => {
    const bench = await setUp();
    const events = await bench.events();
    expect(events).toMatchObject([
      { sequence: 1, type: "quality_update", data: { subscription: { scope: "user", subscribed: true } } },
      { sequence: 2, type: "quality_alert", data: { scope: "user", agent: "writer", severity: "critical" } },
    ]);
    expect(events.map((event) => "threadId" in event)).toEqual([false, false]);
    expect(await bench.events(bob)).toEqual([]);
  });

  test("of a tenant are changed by whoever has its permission only", async () => {
    const bench = await setUp();
    const { alerts } = await bench.accepted<{ alerts: { alertId: string }[] }>(
      "quality.metrics",
      { scope: "tenant" },
      bob,
    );
    const alertId = alerts[0]?.alertId;
    const withoutPermission = await setUp(userPolicy);
    expect(await withoutPermission.send("quality.resolve", { alertId }, bob)).toMatchObject({ ok: false });
    expect(await bench.send("quality.acknowledge", { alertId }, bob)).toMatchObject({
      data: { state: "acknowledged" },
    });
    expect(await bench.send("quality.resolve", { alertId }, bob)).toMatchObject({ data: { state: "resolved" } });
    expect(await bench.send("quality.acknowledge", { alertId }, bob)).toMatchObject({ data: { state: "resolved" } });
  });
});
