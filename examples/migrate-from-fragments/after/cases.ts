import {
  BridgeRefusal,
  boundEmitterBridge,
  routeTableBridge,
  toolTableBridge,
  userBroadcasterBridge,
} from "@throughline/bridges";
import { type AgentDefinition, type AgentRun, defineAgent, defineTool } from "@throughline/server";
import { z } from "zod";
import type { Shown } from "../before/failures.ts";
import { bridges } from "./bridges.ts";
import type { OldTab } from "./old-tab.ts";
import { World } from "./world.ts";

/** The same situation as a failure of the old code, after its consumers have moved to the bridges. */
export interface Case {
  readonly id: string;
  readonly show: () => Promise<Shown>;
}

/** An agent that remembers what it was asked. */
function echoAgent() {
  const asked: string[] = [];
  const agent = defineAgent({
    name: "echo",
    async run(run) {
      asked.push(run.message.text);
      return `You said: ${run.message.text}`;
    },
  });
  return { agent, asked };
}

/** What the bridge says to a call that it does not carry out; "carried out" otherwise. */
async function refusalOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return "carried out";
  } catch (error) {
    if (error instanceof BridgeRefusal) return `refused, ${error.reason}`;
    throw error;
  }
}

/** By the names that the old front end takes for an answer, as before; both names of one run are one answer. */
const answersOf = (tab: OldTab) => {
  const answers = tab.events.filter(({ type }) => type === "agent_completed" || type === "agent_response");
  return [...new Set(answers.map(({ run_id, type }) => run_id ?? type))];
};

async function twoRouters(): Promise<Shown> {
  const { agent, asked } = echoAgent();
  await using world = await World.open(agent);
  const ada = await world.person("ada");
  const tab = await ada.tab();
  const router = routeTableBridge(bridges.open("message-router"), ada.port);
  const second = await refusalOf(() => router.addRoute("user_message", () => undefined));
  tab.send("user_message", { content: "Book a table" });
  await tab.until("agent_completed");
  // Whatever else the message has set off comes before the answer to a later one.
  tab.send("user_message", { content: "Thank you" });
  while (asked.length < 2 || answersOf(tab).length < 2) await tab.more();
  return {
    claimed: `a second route for user_message: ${second}`,
    happened: `the agent was asked ${asked.length} times for 2 messages, which got ${answersOf(tab).length} answers`,
    failed: asked.length !== 2 || answersOf(tab).length !== 2 || second === "carried out",
  };
}

async function alias(): Promise<Shown> {
  const { agent, asked } = echoAgent();
  await using world = await World.open(agent);
  const tab = await (await world.person("ada")).tab();
  tab.send("start_agent", { user_request: "Compare the offers" });
  const ack = await tab.until("ack");
  await tab.until("agent_completed");
  return {
    claimed: `the ack is of ${ack.payload.received_type}, ${ack.payload.status}`,
    happened: `sent "Compare the offers", and the agent was asked ${JSON.stringify(asked)}`,
    failed: asked.length !== 1 || asked[0] !== "Compare the offers",
  };
}

async function foreignHandler(): Promise<Shown> {
  await using world = await World.open(echoAgent().agent);
  const [ada, bob] = [await world.person("ada"), await world.person("bob")];
  const [tabOfAda, tabOfBob] = [await ada.tab(), await bob.tab()];
  tabOfBob.send("chat", { content: "My PIN is 4711" });
  const end = await tabOfBob.until("agent_completed");
  tabOfAda.send("ping", {});
  await tabOfAda.until("pong");
  const foreign = tabOfAda.types.filter((type) => type !== "pong");
  return {
    claimed: `bob was answered: ${end.payload.status}`,
    happened: `bob received "${end.payload.final_response}", and ada received ${foreign.length} events`,
    failed: end.payload.final_response !== "You said: My PIN is 4711" || foreign.length > 0,
  };
}

async function unknownType(): Promise<Shown> {
  const { agent, asked } = echoAgent();
  await using world = await World.open(agent);
  const tab = await (await world.person("ada")).tab();
  tab.send("start_agnet", { user_request: "Compare the offers" });
  const reply = await tab.until("error");
  const namesNearest = String(reply.payload.message).includes("start_agent");
  return {
    claimed: `the reply is ${reply.type}, ${reply.payload.code}, and ${namesNearest ? "names" : "does not name"} start_agent`,
    happened: `the agent was asked ${asked.length} times`,
    failed: !namesNearest || asked.length !== 0 || tab.types.includes("ack"),
  };
}

async function threadAsUser(): Promise<Shown> {
  const agent = defineAgent({ name: "balance", run: async () => "Your balance is 310.20" });
  await using world = await World.open(agent);
  const [owner, stranger] = [await world.person("owner"), await world.person("stranger")];
  const [tabOfOwner, tabOfStranger] = [await owner.tab(), await stranger.tab()];
  const router = routeTableBridge(bridges.open("message-router"), owner.port);
  tabOfOwner.send("create_thread", { title: "Money" });
  const { thread_id: threadId = "" } = await tabOfOwner.until("ack");
  const message = { type: "user_message", payload: { content: "What is my balance?" }, thread_id: threadId };
  const asUser = await refusalOf(() => router.routeMessage(threadId, message));
  await router.routeMessage(owner.userId, message);
  const end = await tabOfOwner.until("agent_completed");
  tabOfStranger.send("ping", {});
  await tabOfStranger.until("pong");
  const leaked = tabOfStranger.types.filter((type) => type !== "pong");
  return {
    claimed: `a thread id as user id: ${asUser}`,
    happened: `the owner of the thread received "${end.payload.final_response}"; the stranger received ${leaked.length} events`,
    failed: asUser === "carried out" || end.payload.final_response !== "Your balance is 310.20" || leaked.length > 0,
  };
}

async function broadcastToNobody(): Promise<Shown> {
  const said = Promise.withResolvers<boolean>();
  const bridge = bridges.open("event-router");
  const agent: AgentDefinition = defineAgent({
    name: "thinker",
    async run(run) {
      const broadcaster = userBroadcasterBridge(bridge, {
        run,
        connections: () => world.server.connectionsOf(run.userId),
      });
      said.resolve(
        await broadcaster.broadcastToUser(run.userId, { type: "agent_thinking", payload: { thought: "Hm" } }),
      );
      return "Done";
    },
  });
  await using world = await World.open(agent);
  const ada = await world.person("ada");
  const connections = ada.port.connections;
  const reply = await ada.port.command("message.send", { text: "Go" });
  const success = await said.promise;
  const tab = await ada.tab();
  const threadId = reply.ok && "threadId" in reply.data ? reply.data.threadId : "";
  let answer = "";
  while (answer === "") {
    tab.events.length = 0;
    tab.send("get_thread_history", {}, { thread_id: threadId });
    const { payload } = await tab.until("thread_history");
    answer =
      (payload.messages as { role: string; content: string }[]).find(({ role }) => role === "assistant")?.content ?? "";
  }
  return {
    claimed: `broadcastToUser returned ${success}`,
    happened: `there were ${connections} connections, and after connecting ada read "${answer}"`,
    failed: success || connections !== 0 || answer !== "Done",
  };
}

async function wrapper(): Promise<Shown> {
  const weather = defineTool({
    name: "weather",
    description: "Says what the weather is like.",
    input: z.object({ city: z.string() }),
    once: "idempotent",
    execute: async () => "sunny",
  });
  const agent = defineAgent({
    name: "traveller",
    tools: [weather],
    async run(run) {
      await run.thinking("This needs the weather.");
      const dispatcher = toolTableBridge(bridges.open("tool-dispatcher"), run);
      // The guard of the old code: it passes calls on, and knows nothing of events.
      const guard = { dispatch: (name: string, parameters: unknown) => dispatcher.dispatch(name, parameters) };
      return String((await guard.dispatch("weather", { city: run.message.text })).output);
    },
  });
  await using world = await World.open(agent);
  const tab = await (await world.person("ada")).tab();
  tab.send("user_message", { content: "Lisbon" });
  await tab.until("agent_completed");
  const lifecycle = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"];
  const seen = lifecycle.filter((type) => tab.types.filter((other) => other === type).length === 1);
  return {
    claimed: "the wrapper passes calls on",
    happened: `${seen.length} of 5 events with the wrapper, each once`,
    failed: seen.length !== lifecycle.length,
  };
}

async function siblingTool(): Promise<Shown> {
  const orders = [
    { owner: "ada", item: "lamp" },
    { owner: "bob", item: "ring" },
  ];
  const listOrders = defineTool({
    name: "list_orders",
    description: "Lists the orders of one person.",
    input: z.object({ owner: z.string() }),
    once: "idempotent",
    execute: async ({ owner }) => orders.filter((order) => order.owner === owner),
  });
  const registered = Promise.withResolvers<string>();
  const agent = defineAgent({
    name: "clerk",
    tools: [listOrders],
    async run(run) {
      const dispatcher = toolTableBridge(bridges.open("tool-dispatcher"), run);
      registered.resolve(await refusalOf(() => dispatcher.registerTool("list_orders", async () => orders)));
      return JSON.stringify((await dispatcher.dispatch("list_orders", { owner: "ada" })).output);
    },
  });
  await using world = await World.open(agent);
  const tab = await (await world.person("ada")).tab();
  tab.send("user_message", { content: "My orders" });
  const end = await tab.until("agent_completed");
  const second = await registered.promise;
  return {
    claimed: `the second list_orders: ${second}`,
    happened: `the dispatcher gave ada ${end.payload.final_response}`,
    failed: second === "carried out" || end.payload.final_response !== JSON.stringify([orders[0]]),
  };
}

async function fullQueue(): Promise<Shown> {
  const { agent } = echoAgent();
  await using world = await World.open(agent);
  const [ada, bob] = [await world.person("ada"), await world.person("bob")];
  const typing = 100;
  for (let count = 0; count < typing; count += 1) await bob.port.command("thread.create", { title: `${count}` });
  const reply = await ada.port.command("message.send", { text: "Go" });
  const threadId = reply.ok && "threadId" in reply.data ? reply.data.threadId : "";
  const tab = await ada.tab();
  let answer = "";
  while (answer === "") {
    tab.events.length = 0;
    tab.send("session_restore", { threadId });
    const { payload } = await tab.until("session_restored");
    answer =
      (payload.messages as { role: string; content: string }[]).find(({ role }) => role === "assistant")?.content ?? "";
  }
  return {
    claimed: `ada's message: ${reply.ok ? "stored" : reply.error.code}`,
    happened: `${typing} events of bob were stored before; ada came back and read "${answer}"`,
    failed: !reply.ok || answer !== "You said: Go",
  };
}

async function slowTab(): Promise<Shown> {
  const pieces = 200;
  const agent = defineAgent({
    name: "writer",
    async run(run) {
      await run.step(async ({ thinking }) => {
        for (let piece = 0; piece < pieces; piece += 1) await thinking("x".repeat(10_000));
      });
      return "Done";
    },
  });
  await using world = await World.open(agent);
  const ada = await world.person("ada");
  const [slow, fast] = [await ada.tab(), await ada.tab()];
  slow.socket.pause();
  fast.send("user_message", { content: "Write" });
  await fast.until("agent_completed");
  const thoughts = (tab: OldTab) => tab.events.filter(({ payload }) => payload.thought).length;
  const before = thoughts(slow);
  const reached = thoughts(fast);
  slow.socket.resume();
  await slow.until("agent_completed");
  const later = thoughts(slow);
  return {
    claimed: "both tabs are the same user's",
    happened: `the fast tab received ${reached} events while the slow one had read ${before}; then the slow one read all ${later}`,
    failed: reached !== pieces || before !== 0 || later !== pieces,
  };
}

async function afterTheEnd(): Promise<Shown> {
  const archive = Promise.withResolvers<void>();
  const late = Promise.withResolvers<string>();
  const agent = defineAgent({
    name: "searcher",
    async run(run: AgentRun) {
      const emitter = boundEmitterBridge(bridges.open("event-router"), { run, connections: () => 1 });
      const search = async (source: string, ready: Promise<void>) => {
        await ready;
        await emitter.emit({ type: "agent_thinking", payload: { thought: `Found it in the ${source}` } });
        return source;
      };
      const slow = search("archive", archive.promise);
      slow.then(
        () => late.resolve("said"),
        () => late.resolve("refused"),
      );
      return await Promise.race([search("index", Promise.resolve()), slow]);
    },
  });
  await using world = await World.open(agent);
  const tab = await (await world.person("ada")).tab();
  tab.send("user_message", { content: "Where is the contract?" });
  await tab.until("agent_completed");
  archive.resolve();
  const outcome = await late.promise;
  tab.send("ping", {});
  await tab.until("pong");
  const after = tab.types.slice(tab.types.indexOf("agent_completed") + 1).filter((type) => type !== "pong");
  return {
    claimed: `what came late was ${outcome}`,
    happened: `after agent_completed came ${after.length} events of the run`,
    failed: outcome !== "refused" || after.length > 0,
  };
}

async function doubleExecution(): Promise<Shown> {
  let charged = 0;
  let tab: OldTab | undefined;
  const charge = defineTool({
    name: "charge_card",
    description: "Charges the card.",
    input: z.object({ amount: z.number() }),
    once: "at-most-once",
    async execute({ amount }) {
      charged += amount;
      // Meanwhile the user leaves.
      await tab?.close();
      return "charged";
    },
  });
  const done = Promise.withResolvers<string>();
  const agent = defineAgent({
    name: "cashier",
    tools: [charge],
    async run(run) {
      const dispatcher = toolTableBridge(bridges.open("tool-dispatcher"), run);
      const result = await dispatcher.dispatch("charge_card", { amount: 20 });
      done.resolve(`success ${result.success}, ${result.output}`);
      return "Paid";
    },
  });
  await using world = await World.open(agent);
  tab = await (await world.person("ada")).tab();
  tab.send("user_message", { content: "Pay" });
  const result = await done.promise;
  return {
    claimed: `one call of charge_card with 20: ${result}`,
    happened: `the card was charged ${charged}`,
    failed: charged !== 20,
  };
}

export const cases: readonly Case[] = [
  { id: "two-routers", show: twoRouters },
  { id: "alias", show: alias },
  { id: "foreign-handler", show: foreignHandler },
  { id: "unknown-type", show: unknownType },
  { id: "thread-as-user", show: threadAsUser },
  { id: "broadcast-to-nobody", show: broadcastToNobody },
  { id: "wrapper", show: wrapper },
  { id: "sibling-tool", show: siblingTool },
  { id: "full-queue", show: fullQueue },
  { id: "slow-tab", show: slowTab },
  { id: "after-the-end", show: afterTheEnd },
  { id: "double-execution", show: doubleExecution },
];
