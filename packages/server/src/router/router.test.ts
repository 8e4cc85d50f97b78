/** What the router does with every command, whatever its type. What each type means is in `router-commands.test.ts`. */
import { commandTypes } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { alice, bob, RouterBench } from "../../../../tests/support/router-bench.ts";
import { CodedError } from "../base/coded-error.ts";
import type { NewEvent } from "../log/stored-event.ts";
import { userPermissions } from "./built-in-routes.ts";
import { commandLimit } from "./command-limit.ts";
import type { AnyRoute, Route } from "./route.ts";
import type { Middleware } from "./router.ts";
import { threadCreate } from "./thread-routes.ts";

const refusal = (code: string) => expect.objectContaining({ ok: false, error: expect.objectContaining({ code }) });

describe("a set of routes", () => {
  test("with two owners of a type is refused at the start, and both are named", () => {
    const second: Route<"thread.create"> = { ...threadCreate, owner: "plugins/threads" };
    expect(() => new RouterBench({ routes: (builtIn) => [...builtIn, second] })).toThrow(
      "unable to route thread.create; both router/thread-routes and plugins/threads claim it",
    );
  });

  test.each(commandTypes)("that leaves %s to nobody is refused at the start", (type) => {
    const routes = (builtIn: readonly AnyRoute[]) => builtIn.filter((route) => route.type !== type);
    expect(() => new RouterBench({ routes })).toThrow(`unable to route ${type}; nobody owns it`);
  });

  test.each(["thread.archive", "constructor", "__proto__", "toString"])(
    "that claims the undeclared type %s is refused at the start",
    (type) => {
      const stray = { ...threadCreate, type, owner: "plugins/stray" } as unknown as Route;
      expect(() => new RouterBench({ routes: (builtIn) => [...builtIn, stray] })).toThrow(
        `unable to route ${type}; plugins/stray claims a type that the protocol does not declare`,
      );
    },
  );
});

describe("a command", () => {
  test("of an unknown type is refused with the nearest known types", async () => {
    const { router } = new RouterBench();
    expect(await router.handle(alice, { id: "one", type: "thread.delet", data: {} })).toStrictEqual({
      kind: "reply",
      id: "one",
      ok: false,
      error: {
        code: "unknown_type",
        message: "unable to route the command; nobody owns its type",
        retryable: false,
        details: { nearest: ["thread.delete", "thread.create", "thread.rename"] },
      },
    });
    const reply = await router.handle(alice, { id: "one", type: "constructor", data: {} });
    expect(reply).toMatchObject({ error: { code: "unknown_type", details: { nearest: [...commandTypes] } } });
  });

  test.each(["", "a b", "ü", "x".repeat(65), "__proto__\n"])("with the id %j is refused as a bad frame", async (id) => {
    const bench = new RouterBench();
    expect(await bench.send("thread.create", {}, alice, id)).toEqual(refusal("bad_frame"));
    expect(await bench.head()).toBe(0);
  });

  test("with an id of 64 characters is taken", async () => {
    const reply = await new RouterBench().send("thread.create", {}, alice, "x".repeat(64));
    expect(reply).toMatchObject({ ok: true, id: "x".repeat(64) });
  });

  test("with invalid data is refused with what is wrong and where", async () => {
    const bench = new RouterBench();
    expect(await bench.send("thread.rename", { threadId: "thr_1", title: 5 })).toMatchObject({
      ok: false,
      error: {
        code: "invalid_data",
        retryable: false,
        details: { issues: [{ path: "threadId" }, { path: "title" }] },
      },
    });
    expect(await bench.head()).toBe(0);
  });

  // A key of a quarter of a megabyte came back twice, and longer than it was: in the message and in the details.
  test.each([
    ["one long key", { ["k".repeat(200_000)]: 1 }],
    ["one long key of control characters", { ["\u0000".repeat(40_000)]: 1 }],
    ["many keys", Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key${index}`, 1]))],
    ["a long text where an id belongs", { threadId: "x".repeat(200_000) }],
  ])("with %s that nobody asked for gets an answer of a size that a person can read", async (_what, data) => {
    const reply = await new RouterBench().send("thread.delete", data);
    expect(reply).toEqual(refusal("invalid_data"));
    expect(JSON.stringify(reply).length).toBeLessThan(4_000);
  });
});

describe("permission", () => {
  test.each(commandTypes)("is denied by default: %s needs one that the policy grants", async (type) => {
    const asked: unknown[] = [];
    let routes: readonly AnyRoute[] = [];
    const bench = new RouterBench({
      routes: (builtIn) => {
        routes = builtIn;
        return builtIn;
      },
      policy: (identity, permission) => {
        asked.push([identity, permission]);
        return false;
      },
    });
    const data = {
      "message.send": { text: "go" },
      "run.stop": { runId: "run_aaaaaaaa" },
      "approval.answer": { callId: "call_aaaaaaaa", digest: "x", decision: "approve" },
      "thread.create": {},
      "thread.rename": { threadId: "thr_aaaaaaaa", title: "x" },
      "thread.delete": { threadId: "thr_aaaaaaaa" },
      "quality.validate": { text: "x" },
      "quality.metrics": {},
      "quality.report": { period: "day" },
      "quality.subscribe": {},
      "quality.unsubscribe": {},
      "quality.acknowledge": { alertId: "alr_aaaaaaaa" },
      "quality.resolve": { alertId: "alr_aaaaaaaa" },
    }[type];
    expect(await bench.send(type, data)).toEqual(refusal("forbidden"));
    expect(await bench.head()).toBe(0);
    const permission = routes.find((route) => route.type === type)?.permission ?? "";
    expect(asked).toEqual([[alice, permission]]);
    expect(userPermissions).toContain(permission);
  });

  test.each<[string, unknown]>([
    ["something that is merely truthy", 1],
    ["a promise", Promise.resolve(true)],
    ["nothing", undefined],
  ])("is not given by a policy that answers with %s", async (_what, answer) => {
    const bench = new RouterBench({ policy: () => answer as boolean });
    expect(await bench.send("thread.create", {})).toEqual(refusal("forbidden"));
    expect(await bench.head()).toBe(0);
  });

  test("is not given by a policy that throws, whose text stays here", async () => {
    const bench = new RouterBench({
      policy: () => {
        throw new Error("password=hunter2");
      },
    });
    const reply = await bench.send("thread.create", {});
    expect(reply).toEqual(refusal("internal"));
    expect(JSON.stringify(reply)).not.toContain("hunter2");
    expect(bench.internalErrors.map((error) => (error.cause as Error).message)).toEqual(["password=hunter2"]);
    expect(await bench.head()).toBe(0);
  });
});

describe("middleware", () => {
  test("runs around the route, outermost first, and sees the command as it was understood", async () => {
    const order: string[] = [];
    const named = (name: string): Middleware => {
      return async (command, next) => {
        order.push(`${name} before ${command.type} ${JSON.stringify(command.data)}`);
        const acceptance = await next();
        order.push(`${name} after`);
        return acceptance;
      };
    };
    const bench = new RouterBench({ middleware: () => [named("outer"), named("inner")] });
    await bench.send("thread.create", { title: "  hello " });
    expect(order).toEqual([
      'outer before thread.create {"title":"hello"}',
      'inner before thread.create {"title":"hello"}',
      "inner after",
      "outer after",
    ]);
  });

  test("can refuse, and then nothing happens and nothing is remembered", async () => {
    let refuse = true;
    const gatekeeper: Middleware = (_command, next) => {
      if (refuse) throw new CodedError("overloaded", "unable to try; come back later", { retryAfterMs: 50 });
      return next();
    };
    const bench = new RouterBench({ middleware: () => [gatekeeper] });
    expect(await bench.send("thread.create", {}, alice, "one")).toMatchObject({
      ok: false,
      error: { code: "overloaded", retryable: true, retryAfterMs: 50 },
    });
    expect(await bench.head()).toBe(0);
    refuse = false;
    expect(await bench.send("thread.create", {}, alice, "one")).toMatchObject({ ok: true, duplicate: false });
  });

  test("is not asked about what is no command of this user", async () => {
    let asked = 0;
    const counting: Middleware = (_command, next) => {
      asked += 1;
      return next();
    };
    const bench = new RouterBench({
      middleware: () => [counting],
      policy: (_identity, permission) => permission !== "runs.stop",
    });
    await bench.router.handle(alice, { id: "one", type: "no.such", data: {} });
    await bench.send("thread.create", { title: 1 });
    await bench.send("run.stop", { runId: "run_aaaaaaaa" });
    await bench.send("thread.create", {}, alice, "no id");
    expect(asked).toBe(0);
    await bench.send("thread.create", {});
    expect(asked).toBe(1);
  });

  test("that calls the route twice has one effect", async () => {
    const twice: Middleware = async (_command, next) => {
      await next();
      return next();
    };
    const bench = new RouterBench({ middleware: () => [twice] });
    expect(await bench.send("thread.create", {})).toMatchObject({ ok: true, duplicate: true });
    expect(await bench.head()).toBe(1);
  });
});

describe("the rate of commands", () => {
  test("is limited at commandsPerMinuteMax for each user, and the refusal says for how long", async () => {
    const bench = new RouterBench({
      limits: { commandsPerMinuteMax: 60 },
      middleware: (parts) => [commandLimit(parts)],
    });
    const { clock } = bench;
    for (let sent = 0; sent < 60; sent += 1) expect(await bench.send("thread.create", {})).toMatchObject({ ok: true });
    expect(await bench.send("thread.create", {})).toMatchObject({
      ok: false,
      error: { code: "rate_limited", retryable: true, retryAfterMs: 1_000 },
    });
    expect(await bench.head()).toBe(60);
    expect(await bench.send("thread.create", {}, bob)).toMatchObject({ ok: true });
    await clock.advance(999);
    expect(await bench.send("thread.create", {})).toMatchObject({ error: { code: "rate_limited", retryAfterMs: 1 } });
    await clock.advance(1);
    expect(await bench.send("thread.create", {})).toMatchObject({ ok: true });
    expect(bench.internalErrors).toEqual([]);
  });
});

describe("a route that fails", () => {
  const failing = (decide: Route<"thread.create">["decide"]) => (builtIn: readonly AnyRoute[]) => [
    ...builtIn.filter((route) => route.type !== "thread.create"),
    { ...threadCreate, decide },
  ];

  test("by throwing is an internal error without its text, and leaves the feed as it was", async () => {
    const bench = new RouterBench({
      routes: failing(() => {
        throw new Error("password=hunter2");
      }),
    });
    const reply = await bench.send("thread.create", {});
    expect(reply).toEqual(refusal("internal"));
    expect(JSON.stringify(reply)).not.toContain("hunter2");
    expect(bench.internalErrors.map((error) => (error.cause as Error).message)).toEqual(["password=hunter2"]);
    expect(await bench.head()).toBe(0);
    expect(await bench.send("message.send", { text: "still here" })).toMatchObject({ ok: true });
  });

  test("by deciding what the state table forbids stores nothing", async () => {
    const bench = new RouterBench({
      routes: failing((_state, _data, { ids }) => {
        const [threadId, runId] = [ids.threadId(), ids.runId()];
        const created: NewEvent = { type: "thread_created", threadId, data: {} };
        const ended: NewEvent = { type: "agent_completed", threadId, runId, data: { outcome: "completed" } };
        return { events: [created, ended], reply: { threadId } };
      }),
    });
    expect(await bench.send("thread.create", {})).toEqual(refusal("internal"));
    expect(await bench.head()).toBe(0);
    expect(bench.internalErrors).toHaveLength(1);
    expect(await bench.send("message.send", { text: "still here" })).toMatchObject({ ok: true });
  });
});
