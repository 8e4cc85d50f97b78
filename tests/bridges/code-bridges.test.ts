/** Bridges for older code, over a real server in this process. Each old shape, what it reports, and what it is refused. */
import {
  adminDispatcherBridge,
  BridgeRefusal,
  boundEmitterBridge,
  broadcastFunctionBridge,
  defineBridges,
  handlerTableBridge,
  messageHandlerMapBridge,
  requestDispatcherBridge,
  routeTableBridge,
  Shadow,
  toolTableBridge,
  userBroadcasterBridge,
} from "@throughline/bridges";
import { type AgentRun, defineAgent, defineTool } from "@throughline/server";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { World } from "../../examples/migrate-from-fragments/after/world.ts";

const entry = { owner: "team", until: "2099-12-31", replaces: "old.ts" };
const bridges = defineBridges({ router: entry, broadcast: entry, tools: entry });
const [router, broadcast, tools] = [bridges.open("router"), bridges.open("broadcast"), bridges.open("tools")];

const echo = defineAgent({ name: "echo", run: async (run) => `You said: ${run.message.text}` });
const hello = { type: "user_message", payload: { content: "hello" } };

function refusal(reason: string, replacement?: string | RegExp) {
  return (error: unknown) => {
    expect(error).toBeInstanceOf(BridgeRefusal);
    expect((error as BridgeRefusal).reason).toBe(reason);
    if (replacement !== undefined) expect((error as BridgeRefusal).replacement).toMatch(replacement);
  };
}
const refused = async (call: () => unknown, reason: string, replacement?: string | RegExp) => {
  let carriedOut = true;
  try {
    await call();
  } catch (error) {
    carriedOut = false;
    refusal(reason, replacement)(error);
  }
  expect(carriedOut).toBe(false);
};

describe("routers", () => {
  test("each shape sends through the one router, for the user it was made for and nobody else", async () => {
    await using world = await World.open(echo);
    const [ada, bob] = [await world.person("ada"), await world.person("bob")];
    const tab = await ada.tab();
    const routes = routeTableBridge(router, ada.port);
    const handlers = handlerTableBridge(router, ada.port);
    const map = messageHandlerMapBridge(router, ada.port);

    expect(await routes.routeMessage(ada.userId, { ...hello, message_id: "m1" })).toBe(true);
    expect(await handlers.handleMessage(ada.userId, { ...hello, message_id: "m2" })).toBe(true);
    const outcome = await map.handleMessage(ada.userId, { ...hello, message_id: "m3" });
    expect(outcome).toMatchObject({
      kind: "stored",
      connections: 1,
      reply: { threadId: expect.stringMatching(/^thr_/) },
    });
    // The id of the message is the idempotency key: sent again, it is the same message.
    expect(await map.handleMessage(ada.userId, { ...hello, message_id: "m3" })).toEqual(outcome);
    await tab.until("agent_completed");

    for (const send of [routes.routeMessage, handlers.handleMessage, map.handleMessage]) {
      await refused(() => send(bob.userId, hello), "not_yours", /credential of that user/);
      await refused(() => send("thr_aaaaaaaaaaaa", hello), "not_yours");
      await refused(() => send(ada.userId, { ...hello, user_id: bob.userId }), "not_yours");
      // Only the one at the top was once looked at.
      const inside = (user_id: unknown) => ({ type: "user_message", payload: { content: "hello", user_id } });
      await refused(() => send(ada.userId, inside(bob.userId)), "not_yours");
      await refused(() => send(ada.userId, { ...inside(bob.userId), user_id: ada.userId }), "not_yours");
      await refused(() => send(ada.userId, inside([ada.userId])), "not_yours");
      await refused(() => send(ada.userId, { type: "user_mesage", payload: {} }), "unknown_type");
      await refused(() => send(ada.userId, { type: "user_message", payload: {} }), "invalid_data");
      await refused(
        () => send(ada.userId, { type: "get_thread_history", thread_id: "thr_aaaaaaaaaaaa" }),
        "owned_elsewhere",
      );
    }
    await refused(() => routes.addRoute("user_message", () => true), "owned_elsewhere", /defineAgent/);
    await refused(() => routes.addMiddleware(() => true), "owned_elsewhere", /policy/);
    await refused(() => handlers.addHandler({}, 10), "owned_elsewhere", /defineAgent/);
    await refused(() => handlers.removeHandler({}), "owned_elsewhere");
    const types = ["chat", "stop_agent", "validate_content", "nonsense", "ping", "heartbeat", "get_thread_history"];
    const expected = [true, true, true, false, false, false, false];
    expect(types.map((type) => routes.hasRoute(type))).toEqual(expected);
    expect(types.map((type) => handlers.canHandle(type))).toEqual(expected);
  });

  test("what the router refuses is no success, and neither is a session that has ended", async () => {
    await using world = await World.open(echo);
    const ada = await world.person("ada");
    const map = messageHandlerMapBridge(router, ada.port);
    const long = { type: "user_message", payload: { content: "x".repeat(65_537) } };
    expect(await map.handleMessage(ada.userId, long)).toMatchObject({ kind: "refused", error: { code: "too_large" } });
    await expect(routeTableBridge(router, ada.port).routeMessage(ada.userId, long)).rejects.toThrow("too_large");
    const unknown = { type: "stop_agent", run_id: "run_aaaaaaaaaaaa" };
    expect(await map.handleMessage(ada.userId, unknown)).toMatchObject({
      kind: "refused",
      error: { code: "not_found" },
    });
    const response = await fetch(`${world.server.url}/api/auth/sign-out`, {
      method: "POST",
      headers: { ...ada.headers, "content-type": "application/json" },
      body: "{}",
    });
    expect(response.ok).toBe(true);
    expect(await map.handleMessage(ada.userId, hello)).toMatchObject({
      kind: "refused",
      error: { code: "unauthenticated" },
    });
    await expect(world.server.userPort(new Headers(ada.headers))).rejects.toMatchObject({ code: "unauthenticated" });
    await expect(world.server.userPort(new Headers())).rejects.toMatchObject({ code: "unauthenticated" });
  });
});

/** Runs `work` inside a run of ada's, and returns what it returned with what her tab has seen. */
async function inRun<Result>(work: (run: AgentRun, connections: () => number) => Promise<Result>, withTab = true) {
  const done = Promise.withResolvers<Result>();
  const add = defineTool({
    name: "add",
    description: "Adds.",
    input: z.object({ a: z.number(), b: z.number() }),
    once: "idempotent",
    execute: async ({ a, b }) => a + b,
  });
  const agent = defineAgent({
    name: "old",
    tools: [add],
    async run(run) {
      try {
        done.resolve(await work(run, () => world.server.connectionsOf(run.userId)));
      } catch (error) {
        done.reject(error);
      }
    },
  });
  await using world = await World.open(agent);
  const ada = await world.person("ada");
  const tab = withTab ? await ada.tab() : undefined;
  await ada.port.command("message.send", { text: "go" });
  const result = await done.promise;
  await tab?.until("agent_completed");
  return { result, types: tab?.types ?? [], events: tab?.events ?? [] };
}

describe("broadcasters", () => {
  test("each shape says it in the run, and reports how many were there", async () => {
    const { result, types } = await inRun(async (run, connections) => {
      const voice = { run, connections };
      const thinking = { type: "agent_thinking", payload: { thought: "hm" } };
      const one = await userBroadcasterBridge(broadcast, voice).broadcastToUser(run.userId, thinking);
      const two = await boundEmitterBridge(broadcast, voice).emit({ type: "stream_chunk", data: { content: "piece" } });
      const three = await broadcastFunctionBridge(broadcast, voice)(
        { type: "partial_result", payload: { text: " two" } },
        run.userId,
      );
      return [one, two, three];
    });
    expect(result).toEqual([true, true, undefined]);
    expect(types).toEqual([
      ...[
        "thread_created",
        "agent_started",
        "agent_thinking",
        "stream_chunk",
        "stream_chunk",
        "agent_response",
        "agent_completed",
      ],
    ]);
  });

  test("with nobody there it is stored, and no success", async () => {
    const { result } = await inRun(async (run, connections) => {
      const thinking = { type: "agent_thinking", payload: { thought: "hm" } };
      return [
        await userBroadcasterBridge(broadcast, { run, connections }).broadcastToUser(run.userId, thinking),
        await boundEmitterBridge(broadcast, { run, connections }).emit(thinking),
      ];
    }, false);
    expect(result).toEqual([false, false]);
  });

  test("what others own cannot be said, nor anything to anybody else", async () => {
    const { result, types } = await inRun(async (run, connections) => {
      const voice = { run, connections };
      const emitter = boundEmitterBridge(broadcast, voice);
      for (const type of ["agent_started", "tool_executing", "tool_completed", "agent_completed", "agent_error"]) {
        await refused(() => emitter.emit({ type, payload: {} }), "owned_elsewhere");
      }
      await refused(() => emitter.emit({ type: "mcp_server_connected", payload: {} }), "unknown_type");
      await refused(() => emitter.emit({ type: "stream_chunk", payload: { size: 1 } }), "invalid_data");
      const thinking = { type: "agent_thinking", payload: {} };
      await refused(() => userBroadcasterBridge(broadcast, voice).broadcastToUser("eve", thinking), "not_yours");
      await refused(() => broadcastFunctionBridge(broadcast, voice)(thinking, run.threadId), "not_yours", /credential/);
      return "done";
    });
    expect(result).toBe("done");
    expect(types).toEqual(["thread_created", "agent_started", "agent_completed"]);
  });
});

test("dispatchers call the tool once, in the run, and say truly how it ended", async () => {
  const { result, types } = await inRun(async (run) => {
    const table = toolTableBridge(tools, run);
    await refused(() => table.registerTool("add", () => 5), "owned_elsewhere", /defineTool/);
    const admin = adminDispatcherBridge(tools);
    await refused(() => admin.registerAdminTools({ add: () => 5 }), "owned_elsewhere");
    await refused(() => admin.dispatch("add", {}), "owned_elsewhere", /approval/);
    return [
      await table.dispatch("add", { a: 1, b: 2 }),
      await requestDispatcherBridge(tools, run).executeTool({ tool_name: "add", parameters: { a: "x" } }),
      await table.dispatch("subtract", {}),
    ];
  });
  expect(result).toMatchObject([
    { success: true, output: 3, outcome: "completed", call_id: expect.stringMatching(/^call_/) },
    { success: false, outcome: "failed", error: expect.stringContaining("invalid_input") },
    { success: false, outcome: "failed", error: expect.stringContaining("unknown_tool") },
  ]);
  expect(types.filter((type) => type === "tool_executing")).toHaveLength(3);
  expect(types.filter((type) => type === "tool_completed")).toHaveLength(3);
});

test("what is used is counted by call site in the metrics of the server", async () => {
  await using world = await World.open(echo);
  bridges.report(world.server.count);
  const ada = await world.person("ada");
  await messageHandlerMapBridge(router, ada.port).handleMessage(ada.userId, hello);
  const metrics = await (await fetch(`${world.server.url}/metrics`)).text();
  const line = metrics.split("\n").find((text) => text.includes("bridge_calls") && text.includes('bridge="router"'));
  expect(line).toContain('owner="team"');
  expect(line).toContain('outcome="stored"');
  expect(line).toMatch(/site="tests\/bridges\/code-bridges\.test\.ts:\d+"/);
  expect(line).toMatch(/ 1$/);
});

// What threw was once not counted at all, as if nobody used the bridge any more.
test("what a run or a port throws is counted as failed, and thrown on", async () => {
  const outcomes: (string | undefined)[] = [];
  const watched = defineBridges({ all: entry });
  watched.report((_name, _description, { outcome }) => outcomes.push(outcome));
  const bridge = watched.open("all");
  const userId = "ada" as AgentRun["userId"];
  const fails = () => Promise.reject(new Error("the run has ended"));
  const emitter = boundEmitterBridge(bridge, {
    run: {
      userId,
      thinking: fails,
      delta() {
        throw new Error("the run has ended");
      },
    },
    connections: () => 1,
  });
  const calls: readonly (() => Promise<unknown>)[] = [
    () => emitter.emit({ type: "agent_thinking" }),
    () => emitter.emit({ type: "stream_chunk", payload: { content: "x" } }),
    () => toolTableBridge(bridge, { tool: fails }).dispatch("add", {}),
    () => messageHandlerMapBridge(bridge, { userId, connections: 1, command: fails }).handleMessage(userId, hello),
  ];
  for (const call of calls) await expect(call()).rejects.toThrow("the run has ended");
  await refused(() => emitter.emit({ type: "agent_started" }), "owned_elsewhere");
  expect(outcomes).toEqual(["failed", "failed", "failed", "failed", "refused"]);
});

test("in shadow of the old implementation the new one is compared on the same traffic", async () => {
  await using world = await World.open(echo);
  const ada = await world.person("ada");
  const tab = await ada.tab();
  const shadow = new Shadow({ ignore: new Set(["connection_established", "ack", "thread_created", "agent_response"]) });
  for (const id of ["m1", "m2"]) {
    shadow.message(id, ada.userId);
    tab.events.length = 0;
    await routeTableBridge(router, ada.port).routeMessage(ada.userId, { ...hello, message_id: id });
    await tab.until("agent_completed");
    for (const event of tab.events) shadow.saw("new", id, ada.userId, event);
    for (const type of ["agent_started", "agent_completed"]) shadow.saw("old", id, ada.userId, { type });
  }
  // The old one has also told a stranger, and forgot the end of the second.
  shadow.saw("old", "m1", "eve", { type: "agent_completed" });
  const { messages, equal, differences } = shadow.report();
  expect([messages, equal]).toEqual([2, 1]);
  expect(differences.map(({ kind, side, recipient }) => [kind, side, recipient])).toEqual([
    ["leaked", "old", "eve"],
    ["lost", "new", "eve"],
  ]);
});
