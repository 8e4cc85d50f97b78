import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AlertId,
  defaultLimits,
  type Limits,
  type QualityAlert,
  type QualityIssueCode,
  type QualityLevel,
  qualityLevels,
  type RunId,
  type UserId,
} from "@throughline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { RandomIdSource } from "../base/id-source.ts";
import type { Identity, TenantId } from "../base/identity.ts";
import { Quality, type QualityOptions } from "./quality.ts";
import { openQualityDatabase } from "./quality-database.ts";
import { type Notice, QualityStore, type RunVerdict } from "./quality-store.ts";

const identityOf = (user: string, tenant = "acme"): Identity => ({
  userId: user as UserId,
  tenantId: tenant as TenantId,
  sessionId: undefined,
  expiresAt: undefined,
});
const [ada, bob, cleo] = [identityOf("ada"), identityOf("bob"), identityOf("cleo", "other")];

let runs = 0;
function verdictOf(identity: Identity, given: Partial<RunVerdict> = {}): RunVerdict {
  runs += 1;
  const { userId, tenantId } = identity;
  const runId = `run_${String(runs).padStart(10, "0")}` as RunId;
  const passed = given.passed ?? true;
  return {
    ...{ runId, userId, tenantId, agent: "writer", contentType: "general", blocked: false },
    ...{ score: passed ? 0.8 : 0.2, level: passed ? "good" : "unacceptable", issues: passed ? [] : ["score"] },
    ...given,
    passed,
  };
}
const bad = (identity: Identity, given: Partial<RunVerdict> = {}) => verdictOf(identity, { ...given, passed: false });

function setUp(given: Partial<QualityOptions> & { readonly limits?: Limits; readonly path?: string } = {}) {
  const clock = new VirtualClock();
  const told: { readonly user: string; readonly event: Notice["event"] }[] = [];
  const keys = new Set<string>();
  const errors: unknown[] = [];
  const quality = new Quality({
    store: new QualityStore(openQualityDatabase(given.path ?? ":memory:"), new RandomIdSource()),
    clock,
    limits: defaultLimits,
    deliver: async (userId, key, event) => {
      if (keys.has(key)) return;
      keys.add(key);
      told.push({ user: userId, event });
    },
    mayReadTenant: () => true,
    onError: (error) => errors.push(error),
    ...given,
  });
  quality.start();
  const toldTo = (identity: Identity) => told.filter(({ user }) => user === identity.userId).map(({ event }) => event);
  const alertsTo = (identity: Identity) =>
    toldTo(identity).flatMap((event) => (event.type === "quality_alert" ? [event.data] : []));
  return { clock, quality, told, toldTo, alertsTo, errors };
}

describe("figures", () => {
  const scored = fc.record({
    agent: fc.constantFrom("writer", "analyst"),
    user: fc.constantFrom(ada, bob, cleo),
    score: fc.integer({ min: 0, max: 100 }).map((score) => score / 100),
    passed: fc.boolean(),
    blocked: fc.boolean(),
    level: fc.constantFrom<QualityLevel>(...qualityLevels),
    issues: fc.uniqueArray(fc.constantFrom<QualityIssueCode>("clarity", "empty", "score"), { maxLength: 3 }),
    repeats: fc.integer({ min: 1, max: 3 }),
    hoursAgo: fc.integer({ min: 0, max: 50 }),
  });

  test("are those of the verdicts in the window, each run once, however often it was told", () => {
    fc.assert(
      fc.property(fc.array(scored, { maxLength: 40 }), fc.constantFrom("user", "tenant"), (given, scope) => {
        const { quality, clock } = setUp();
        let now = clock.now();
        const told = given
          .toSorted((left, right) => right.hoursAgo - left.hoursAgo)
          .map(({ user, repeats, hoursAgo, ...rest }) => {
            now = Date.UTC(2026, 0, 1) - hoursAgo * 3_600_000;
            const verdict = verdictOf(user, rest);
            clock.now = () => now;
            for (let repeat = 0; repeat < repeats; repeat += 1) quality.record(verdict);
            return { verdict, hoursAgo };
          });
        clock.now = () => Date.UTC(2026, 0, 1);
        const { agents } = quality.metrics(ada, { scope, windowHours: 24 });
        const mine = told.filter(
          ({ verdict, hoursAgo }) =>
            hoursAgo <= 24 && verdict.tenantId === "acme" && (scope === "tenant" || verdict.userId === "ada"),
        );
        const names = [...new Set(mine.map(({ verdict }) => verdict.agent))].sort();
        expect(agents.map(({ agent }) => agent)).toEqual(names);
        for (const figures of agents) {
          const of = mine.filter(({ verdict }) => verdict.agent === figures.agent).map(({ verdict }) => verdict);
          const scores = of.map(({ score }) => score).sort((left, right) => left - right);
          const average = scores.reduce((sum, score) => sum + score, 0) / scores.length;
          const middle = [scores[(scores.length - 1) >> 1] ?? 0, scores[scores.length >> 1] ?? 0];
          const variance = scores.reduce((sum, score) => sum + (score - average) ** 2, 0) / scores.length;
          expect(figures).toMatchObject({
            verdicts: of.length,
            passed: of.filter(({ passed }) => passed).length,
            blocked: of.filter(({ blocked }) => blocked).length,
            minimum: scores[0],
            maximum: scores.at(-1),
            trend: "unknown",
          });
          expect(figures.average).toBeCloseTo(average, 1);
          expect(figures.median).toBeCloseTo(((middle[0] ?? 0) + (middle[1] ?? 0)) / 2, 1);
          expect(figures.deviation).toBeCloseTo(Math.sqrt(variance), 1);
          const counts = Object.fromEntries(
            qualityLevels.map((level) => [level, of.filter((v) => v.level === level).length]),
          );
          expect(figures.levels).toEqual(counts);
          for (const code of ["clarity", "empty", "score"] as const) {
            const count = of.filter(({ issues }) => issues.includes(code)).length;
            expect(figures.issues[code] ?? 0).toBe(count);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ["improving", 0.5, 0.6],
    ["degrading", 0.6, 0.5],
    ["steady", 0.6, 0.61],
  ] as const)("the trend is %s from an average of %d to one of %d", (trend, older, newer) => {
    const { quality } = setUp();
    for (let index = 0; index < 50; index += 1) quality.record(verdictOf(ada, { score: older }));
    expect(quality.metrics(ada, { scope: "user" }).agents[0]?.trend).toBe("unknown");
    for (let index = 0; index < 50; index += 1) quality.record(verdictOf(ada, { score: newer }));
    expect(quality.metrics(ada, { scope: "user" }).agents[0]?.trend).toBe(trend);
  });

  test("what is older than qualityRetentionMs is gone", async () => {
    const { quality, clock } = setUp({ limits: { ...defaultLimits, qualityRetentionMs: 86_400_000 } });
    quality.record(verdictOf(ada));
    await clock.advance(2 * 86_400_000);
    quality.record(verdictOf(ada));
    expect(quality.metrics(ada, { scope: "user", windowHours: 700 }).agents[0]?.verdicts).toBe(1);
  });

  test("a report says the figures, and the alerts of its period", async () => {
    const { quality, clock } = setUp();
    quality.record(bad(ada, { agent: "a|b" }));
    await clock.advance(100 * 3_600_000);
    quality.record(verdictOf(ada, { score: 0.7 }));
    quality.record(bad(bob, { score: 0.1, blocked: true }));
    const day = quality.report(ada, "tenant", "day");
    expect(day.markdown).toContain("2 answers were judged; 1 passed (50 %), 1 were withheld.");
    expect(day.markdown).toContain("| writer | 2 | 1 (50 %) | 1 | 0.4 | 0.4 | 0.1 | 0.7 | unknown |");
    expect(day.markdown).toContain("- writer: critical, open, 1 answer since 2026-01-05T04:00:00.000Z");
    expect(day.markdown).not.toContain("a\\|b");
    const week = quality.report(ada, "tenant", "week");
    expect(week.markdown).toContain("| a\\|b | 1 | 0 (0 %) | 0 | 0.2 | 0.2 | 0.2 | 0.2 | unknown |");
    expect(week.agents.map(({ agent }) => agent)).toEqual(["a|b", "writer"]);
    expect(quality.report(cleo, "tenant", "week").markdown).toContain("No answer was judged.");
  });
});

describe("alerts", () => {
  test("are told to exactly the subscribers of the scope, once, until somebody resolves them", async () => {
    const { quality, clock, alertsTo, toldTo } = setUp();
    quality.subscribe(ada, "tenant");
    quality.subscribe(bob, "user");
    quality.subscribe(cleo, "tenant");
    quality.record(bad(ada));
    quality.record(bad(bob));
    await clock.advance(0);
    expect(alertsTo(ada)).toMatchObject([{ scope: "tenant", occurrences: 1, state: "open", severity: "warning" }]);
    expect(alertsTo(bob)).toMatchObject([{ scope: "user", occurrences: 1 }]);
    expect(alertsTo(cleo)).toEqual([]);
    const [open] = quality.metrics(ada, { scope: "tenant" }).alerts;
    expect(open).toMatchObject({ occurrences: 2 });
    const { alertId } = open as QualityAlert;
    expect(quality.changeAlert(ada, true, alertId, "acknowledged")).toEqual({ alertId, state: "acknowledged" });
    expect(quality.changeAlert(ada, true, alertId, "acknowledged")).toEqual({ alertId, state: "acknowledged" });
    expect(quality.changeAlert(ada, true, alertId, "resolved")).toEqual({ alertId, state: "resolved" });
    expect(quality.changeAlert(ada, true, alertId, "acknowledged")).toEqual({ alertId, state: "resolved" });
    expect(quality.metrics(ada, { scope: "tenant" }).alerts).toEqual([]);
    quality.record(bad(bob, { blocked: true }));
    await clock.advance(0);
    expect(toldTo(ada)).toMatchObject([
      { type: "quality_update", data: { subscription: { scope: "tenant", subscribed: true } } },
      { type: "quality_alert", data: { alertId } },
      { type: "quality_update", data: { alert: { alertId, state: "acknowledged" } } },
      { type: "quality_update", data: { alert: { alertId, state: "resolved" } } },
      { type: "quality_alert", data: { severity: "critical", occurrences: 1 } },
    ]);
  });

  test("of others cannot be seen, acknowledged or resolved", async () => {
    const { quality } = setUp();
    quality.record(bad(ada));
    const mine = quality.metrics(ada, { scope: "user" }).alerts[0]?.alertId as AlertId;
    const ours = quality.metrics(ada, { scope: "tenant" }).alerts[0]?.alertId as AlertId;
    for (const [identity, may, alertId] of [
      [bob, true, mine],
      [bob, false, ours],
      [cleo, true, mine],
      [cleo, true, ours],
      [identityOf("ada", "other"), true, mine],
    ] as const) {
      expect(() => quality.changeAlert(identity, may, alertId, "resolved")).toThrow("unable to find alert");
    }
    expect(quality.changeAlert(bob, true, ours, "resolved").state).toBe("resolved");
    expect(quality.changeAlert(ada, false, mine, "resolved").state).toBe("resolved");
  });

  test("name nobody when they are about a tenant", async () => {
    const { quality, clock, told } = setUp();
    quality.subscribe(ada, "tenant");
    const verdict = bad(bob);
    quality.record(verdict);
    await clock.advance(0);
    const text = JSON.stringify([
      told,
      quality.metrics(ada, { scope: "tenant" }),
      quality.report(ada, "tenant", "week"),
    ]);
    for (const secret of ["bob", verdict.runId]) expect(text).not.toContain(secret);
  });
});

describe("a subscription", () => {
  test("is refused when the tenant has as many as it may, and told only when it changes", async () => {
    const { quality, clock, told } = setUp({ limits: { ...defaultLimits, qualitySubscribersPerTenantMax: 1 } });
    quality.subscribe(ada, "tenant");
    quality.subscribe(ada, "tenant");
    expect(() => quality.subscribe(bob, "tenant")).toThrow("qualitySubscribersPerTenantMax 1");
    expect(quality.subscribe(cleo, "tenant")).toEqual({ scope: "tenant", subscribed: true });
    quality.unsubscribe(ada, "tenant");
    quality.unsubscribe(ada, "tenant");
    quality.subscribe(bob, "tenant");
    await clock.advance(0);
    expect(told.map(({ user, event }) => [user, event.data])).toEqual([
      ["ada", { subscription: { scope: "tenant", subscribed: true } }],
      ["cleo", { subscription: { scope: "tenant", subscribed: true } }],
      ["ada", { subscription: { scope: "tenant", subscribed: false } }],
      ["bob", { subscription: { scope: "tenant", subscribed: true } }],
    ]);
  });

  test("ends with the permission behind it", async () => {
    let may = true;
    const { quality, clock, alertsTo } = setUp({ mayReadTenant: () => may });
    quality.subscribe(ada, "tenant");
    await clock.advance(0);
    may = false;
    quality.record(bad(bob));
    await clock.advance(0);
    may = true;
    quality.record(bad(bob, { agent: "another" }));
    await clock.advance(0);
    expect(alertsTo(ada)).toEqual([]);
  });

  test("ends when its user comes with another tenant, with what was on its way", async () => {
    let held = false;
    const { quality, clock, told, alertsTo } = setUp({
      deliver: async (user, _key, event) => {
        if (held) throw new Error("the storage is gone");
        told.push({ user, event });
      },
    });
    quality.subscribe(ada, "tenant");
    await clock.advance(0);
    held = true;
    quality.record(bad(bob));
    await clock.advance(0);
    quality.metrics(identityOf("ada", "other"), { scope: "user" });
    held = false;
    await clock.advance(10_000);
    quality.record(bad(bob, { agent: "another" }));
    await clock.advance(10_000);
    expect(alertsTo(ada)).toEqual([]);
  });
});

describe("what subscribers are told", () => {
  test("waits for the storage in its order, for each on its own", async () => {
    const failing = new Set<string>(["ada"]);
    const { quality, clock, told, errors } = setUp({
      deliver: async (user, _key, event) => {
        if (failing.has(user)) throw new Error("the storage is gone");
        told.push({ user, event });
      },
    });
    for (const identity of [ada, bob]) quality.subscribe(identity, "tenant");
    quality.record(bad(bob));
    await clock.advance(0);
    expect(told.map(({ user, event }) => [user, event.type])).toEqual([
      ["bob", "quality_update"],
      ["bob", "quality_alert"],
    ]);
    failing.clear();
    await clock.advance(1_000);
    expect(told.slice(2).map(({ user, event }) => [user, event.type])).toEqual([
      ["ada", "quality_update"],
      ["ada", "quality_alert"],
    ]);
    expect(errors.length).toBeGreaterThan(0);
  });

  test("is told after the next start when the process ended before", async () => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-quality-"));
    try {
      const path = join(folder, "quality.db");
      const first = setUp({ path, deliver: () => Promise.reject(new Error("the storage is gone")) });
      first.quality.subscribe(ada, "tenant");
      first.quality.record(bad(bob));
      await first.clock.advance(0);
      await first.quality.close();
      const second = setUp({ path });
      await second.clock.advance(0);
      expect(second.toldTo(ada).map(({ type }) => type)).toEqual(["quality_update", "quality_alert"]);
      await second.quality.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("two users at once", () => {
  const people = [ada, bob, cleo, identityOf("dan", "other")];
  const person = fc.constantFrom(...people);
  const action = fc.oneof(
    fc.record({ do: fc.constant("fail" as const), who: person, agent: fc.constantFrom("writer", "analyst") }),
    fc.record({ do: fc.constant("pass" as const), who: person }),
    fc.record({
      do: fc.constantFrom("subscribe", "unsubscribe"),
      who: person,
      scope: fc.constantFrom("user", "tenant"),
    }),
    fc.record({ do: fc.constantFrom("acknowledge", "resolve"), who: person, scope: fc.constantFrom("user", "tenant") }),
    fc.record({ do: fc.constant("wait" as const) }),
  );

  test("1,000 interleavings, and nobody is told of, or can touch, what is not theirs", async () => {
    let alertsTold = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
        const { quality, clock, told } = setUp();
        /** What each audience may hear, by a model of our own. */
        const subscribed = new Map<string, Set<string>>();
        const owner = new Map<string, string>();
        const openAlerts = new Set<string>();
        const expected: [string, string][] = [];
        const audienceOf = (who: Identity, scope: string) =>
          scope === "tenant" ? `tenant ${who.tenantId}` : `user ${who.userId}`;
        for (const one of actions) {
          if (one.do === "wait") await clock.advance(0);
          else if (one.do === "pass") quality.record(verdictOf(one.who));
          else if (one.do === "fail") {
            quality.record(bad(one.who, { agent: one.agent }));
            for (const scope of ["user", "tenant"]) {
              const audience = audienceOf(one.who, scope);
              if (openAlerts.has(`${audience} ${one.agent}`)) continue;
              openAlerts.add(`${audience} ${one.agent}`);
              for (const user of subscribed.get(audience) ?? []) expected.push([user, audience]);
            }
          } else if (one.do === "subscribe" || one.do === "unsubscribe") {
            const scope = one.scope as "user" | "tenant";
            const audience = audienceOf(one.who, scope);
            const members = subscribed.get(audience) ?? new Set();
            subscribed.set(audience, members);
            quality[one.do](one.who, scope);
            if (one.do === "subscribe") members.add(one.who.userId);
            else members.delete(one.who.userId);
          } else {
            const scope = one.scope as "user" | "tenant";
            for (const alert of quality.metrics(one.who, { scope }).alerts) {
              const audience = audienceOf(one.who, scope);
              expect(owner.get(alert.alertId) ?? audience).toBe(audience);
              owner.set(alert.alertId, audience);
              quality.changeAlert(one.who, true, alert.alertId, one.do === "resolve" ? "resolved" : "acknowledged");
              if (one.do === "resolve") openAlerts.delete(`${audience} ${alert.agent}`);
            }
          }
        }
        await clock.advance(0);
        const alerts = told.flatMap(({ user, event }) => {
          if (event.type !== "quality_alert") return [];
          const who = people.find(({ userId }) => userId === user) as Identity;
          const audience = audienceOf(who, event.data.scope);
          expect(owner.get(event.data.alertId) ?? audience).toBe(audience);
          owner.set(event.data.alertId, audience);
          return [[user, audience]];
        });
        expect(alerts.sort()).toEqual(expected.sort());
        alertsTold += alerts.length;
        for (const { user, event } of told) {
          if (event.type !== "quality_update" || event.data.alert === undefined) continue;
          const who = people.find(({ userId }) => userId === user) as Identity;
          expect([audienceOf(who, "user"), audienceOf(who, "tenant")]).toContain(owner.get(event.data.alert.alertId));
        }
      }),
      { numRuns: 1_000 },
    );
    expect(alertsTold).toBeGreaterThan(200);
  });
});
