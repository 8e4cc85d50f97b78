import { setImmediate } from "node:timers/promises";
import { AdminToolDispatcher } from "./admin-tool-dispatcher.ts";
import type { Agent } from "./agent-runner.ts";
import { Application } from "./application.ts";
import { broadcastUserEvent } from "./broadcast-user-event.ts";
import { ConnectionManager } from "./connection-manager.ts";
import { EventRouter } from "./event-router.ts";
import { GuardedToolDispatcher } from "./guarded-tool-dispatcher.ts";
import type { Event } from "./message.ts";
import { RecordingConnection } from "./recording-connection.ts";
import { RequestToolDispatcher } from "./request-tool-dispatcher.ts";
import type { Dispatcher } from "./tool.ts";
import { ToolDispatchManager } from "./tool-dispatch-manager.ts";
import { ToolDispatcher } from "./tool-dispatcher.ts";

export interface Shown {
  /** What the old code says of itself: a return value, a reply, a flag. */
  readonly claimed: string;
  /** What could be observed from outside. */
  readonly happened: string;
  readonly failed: boolean;
}

/** A failure of the fragmented system. Show one after the other: the singletons are shared. */
export interface Failure {
  readonly id: string;
  readonly title: string;
  readonly show: () => Promise<Shown>;
}

const ada = "ada";
const bob = "bob";

/** An agent that remembers what it was asked. */
function echoAgent(): { readonly agent: Agent; readonly asked: string[] } {
  const asked: string[] = [];
  const agent: Agent = async ({ text }) => {
    asked.push(text);
    return `You said: ${text}`;
  };
  return { agent, asked };
}

async function connect(application: Application, userId: string): Promise<RecordingConnection> {
  const connection = new RecordingConnection(userId);
  await application.gateway.connect(connection);
  return connection;
}

async function twoRoutersClaimOneType(): Promise<Shown> {
  const { agent, asked } = echoAgent();
  const application = new Application(agent);
  const tab = await connect(application, ada);
  const message = { type: "user_message", payload: { content: "Book a table" } };
  await application.gateway.receive(tab, JSON.stringify(message));
  const answers = tab.types().filter((type) => type === "agent_completed" || type === "agent_response");
  return {
    claimed: `the router has ${application.router.hasRoute(message.type) ? "a" : "no"} route for user_message`,
    happened: `the agent was asked ${asked.length} times, and 1 message got ${answers.length} answers: ${answers.join(", ")}`,
    failed: asked.length !== 1 || answers.length !== 1,
  };
}

async function aliasRetypesCanonicalMessage(): Promise<Shown> {
  const { agent, asked } = echoAgent();
  const application = new Application(agent);
  const tab = await connect(application, ada);
  const message = { type: "start_agent", payload: { user_request: "Compare the offers" } };
  await application.gateway.receive(tab, JSON.stringify(message));
  return {
    claimed: `the router has ${application.router.hasRoute(message.type) ? "a" : "no"} route for start_agent, which reads user_request`,
    happened: `sent "${message.payload.user_request}", and the agent was asked ${JSON.stringify(asked)}`,
    failed: asked.length !== 1 || asked[0] !== message.payload.user_request,
  };
}

async function handlerOfOneUserAnswersAnother(): Promise<Shown> {
  const application = new Application(echoAgent().agent);
  const tabOfAda = await connect(application, ada);
  const tabOfBob = await connect(application, bob);
  const message = { type: "chat", payload: { content: "My PIN is 4711" } };
  await application.gateway.receive(tabOfBob, JSON.stringify(message));
  const known = ConnectionManager.getInstance().connectionsOf(bob);
  const seenByAda = tabOfAda.events.map((event) => event.payload.content);
  return {
    claimed: `the connections of bob, who wrote: ${known.map((connection) => connection.connectionId).join(", ")}`,
    happened: `bob received ${tabOfBob.events.length} events, and ada received ${JSON.stringify(seenByAda)}`,
    failed: tabOfBob.events.length === 0 || tabOfAda.events.length > 0,
  };
}

async function unknownTypeIsAcknowledged(): Promise<Shown> {
  const { agent, asked } = echoAgent();
  const application = new Application(agent);
  const tab = await connect(application, ada);
  const message = { type: "start_agnet", payload: { user_request: "Compare the offers" } };
  await application.gateway.receive(tab, JSON.stringify(message));
  const [reply] = tab.events;
  return {
    claimed: `the reply is ${reply?.type} of ${reply?.payload.received_type}, ${reply?.payload.status}`,
    happened: `the agent was asked ${asked.length} times`,
    failed: reply?.type === "ack" && asked.length === 0,
  };
}

async function threadIdUsedAsUserId(): Promise<Shown> {
  // Users and threads are numbered by the database, each from 1.
  const owner = "12";
  const thread = "7";
  const stranger = "7";
  const application = new Application(async () => "Your balance is 310.20");
  const tabOfOwner = await connect(application, owner);
  const tabOfStranger = await connect(application, stranger);
  application.scheduler.schedule("run-1", thread, "What is my balance?");
  await application.scheduler.runDue();
  const leaked = tabOfStranger.events.at(-1);
  return {
    claimed: `${leaked?.type} of ${leaked?.payload.run_id} is ${leaked?.payload.status}`,
    happened:
      `user ${owner}, the owner of thread ${thread}, received ${tabOfOwner.events.length} events; ` +
      `user ${stranger} received ${tabOfStranger.events.length}, with "${leaked?.payload.result}"`,
    failed: tabOfOwner.events.length === 0 || tabOfStranger.events.length > 0,
  };
}

async function broadcastSucceedsWithoutConnection(): Promise<Shown> {
  const application = new Application(echoAgent().agent);
  const event: Event = { type: "agent_completed", payload: { result: "Done" }, critical: true };
  const connections = ConnectionManager.getInstance().connectionsOf(ada).length;
  const success = await EventRouter.getInstance().broadcastToUser(ada, event);
  const tab = await connect(application, ada);
  return {
    claimed: `broadcastToUser returned ${success}`,
    happened: `there were ${connections} connections, and after connecting ada received ${tab.events.length} events`,
    failed: success && connections === 0 && tab.events.length === 0,
  };
}

/** The types that a page sees of a run that calls one tool. */
async function eventsOfToolRun(dispatcher: Dispatcher): Promise<string[]> {
  const application = new Application(async ({ text, think, callTool }) => {
    await think("This needs the weather.");
    return String((await callTool("weather", { city: text })).output);
  }, dispatcher);
  dispatcher.registerTool("weather", async () => "sunny");
  const tab = await connect(application, ada);
  await application.runner.run({ runId: "run-1", threadId: "thread-1", userId: ada, text: "Lisbon" });
  return tab.types();
}

async function wrapperEatsEventEmitter(): Promise<Shown> {
  const bare = await eventsOfToolRun(new ToolDispatcher());
  const guarded = new GuardedToolDispatcher(new ToolDispatcher(), ["weather"]);
  const wrapped = await eventsOfToolRun(guarded);
  const lost = bare.filter((type) => !wrapped.includes(type));
  return {
    claimed: `the wrapper ${guarded.eventEmitter === undefined ? "has no" : "took the"} event emitter`,
    happened: `${bare.length} events without the wrapper, ${wrapped.length} with it; lost: ${lost.join(", ")}`,
    failed: lost.length > 0,
  };
}

async function siblingDispatcherReplacesTool(): Promise<Shown> {
  new Application(echoAgent().agent);
  const orders = [
    { owner: ada, item: "lamp" },
    { owner: bob, item: "ring" },
  ];
  const forAgents = new ToolDispatcher();
  const forAdmins = new AdminToolDispatcher("admin");
  const first = forAgents.registerTool("list_orders", async ({ owner }) => orders.filter((o) => o.owner === owner));
  const second = forAdmins.registerAdminTools({ list_orders: async () => orders });
  const result = await forAgents.dispatch("list_orders", { owner: ada });
  const foreign = orders.filter((order) => order.owner !== ada && JSON.stringify(result.output).includes(order.item));
  return {
    claimed: `both registered list_orders: ${first} and ${second}`,
    happened: `the dispatcher of agents gave ada ${JSON.stringify(result.output)}`,
    failed: first && second && foreign.length > 0,
  };
}

async function criticalEventRefusedByFullQueue(): Promise<Shown> {
  const application = new Application(echoAgent().agent);
  for (let count = 0; count < ConnectionManager.queueCapacity; count += 1) {
    await broadcastUserEvent({ type: "user_typing", payload: { count } }, bob);
  }
  const event: Event = { type: "agent_completed", payload: { result: "Done" }, critical: true };
  await broadcastUserEvent(event, ada);
  const { queued, refused } = ConnectionManager.getInstance().stats();
  const typing = queued.filter((entry) => entry.event.type === "user_typing" && entry.userId === bob).length;
  const tab = await connect(application, ada);
  return {
    claimed: `${event.type} is critical: ${event.critical}`,
    happened: `the queue held ${typing} user_typing for bob and refused ${refused}; ada came back and received ${tab.events.length} events`,
    failed: refused > 0 && tab.events.length === 0,
  };
}

async function slowTabBlocksAnother(): Promise<Shown> {
  new Application(echoAgent().agent);
  const manager = ConnectionManager.getInstance();
  const network = Promise.withResolvers<void>();
  const slow = new RecordingConnection(ada, "slow", network.promise);
  const fast = new RecordingConnection(ada, "fast");
  await manager.connect(slow);
  await manager.connect(fast);
  const sending = manager.sendToUser(ada, { type: "agent_thinking", payload: { reasoning: "Reading" } });
  // Everything that does not wait for the slow tab has happened after this.
  await setImmediate();
  const before = fast.events.length;
  network.resolve();
  const reached = await sending;
  return {
    claimed: `sendToUser reached ${reached} tabs`,
    happened: `the fast tab received ${before} events while the slow one waited, and ${fast.events.length} after it`,
    failed: before === 0 && fast.events.length === 1,
  };
}

async function eventsAfterTerminalOne(): Promise<Shown> {
  const archive = Promise.withResolvers<void>();
  let archiveRead: Promise<string> | undefined;
  const application = new Application(async ({ think }) => {
    const search = async (source: string, ready: Promise<void>) => {
      await ready;
      await think(`Found it in the ${source}`);
      return source;
    };
    archiveRead = search("archive", archive.promise);
    // The first source that has it is good enough.
    return await Promise.race([search("index", Promise.resolve()), archiveRead]);
  });
  const tab = await connect(application, ada);
  await application.runner.run({ runId: "run-1", threadId: "thread-1", userId: ada, text: "Where is the contract?" });
  const last = tab.events.at(-1);
  archive.resolve();
  await archiveRead;
  const types = tab.types();
  const after = types.slice(types.indexOf("agent_completed") + 1);
  return {
    claimed: `when the run returned, its last event was ${last?.type}, ${last?.payload.status}`,
    happened: `after it came ${after.length}: ${after.join(", ")}`,
    failed: last?.type === "agent_completed" && after.length > 0,
  };
}

async function oneCallExecutedByTwoDispatchers(): Promise<Shown> {
  const application = new Application(echoAgent().agent);
  const tab = await connect(application, ada);
  const forAgents = new ToolDispatcher();
  let charged = 0;
  forAgents.registerTool("charge_card", async ({ amount }) => {
    charged += Number(amount);
    // Meanwhile the user leaves, and the server has not noticed yet.
    tab.close();
    return "charged";
  });
  const manager = new ToolDispatchManager(new RequestToolDispatcher(ada), forAgents);
  const result = await manager.dispatch("charge_card", { amount: 20 });
  return {
    claimed: `one call of charge_card with 20: success ${result.success}, ${result.output}`,
    happened: `the card was charged ${charged}`,
    failed: result.success && charged !== 20,
  };
}

export const failures: readonly Failure[] = [
  { id: "two-routers", title: "Two routers claim one type", show: twoRoutersClaimOneType },
  { id: "alias", title: "An alias re-types a canonical message", show: aliasRetypesCanonicalMessage },
  {
    id: "foreign-handler",
    title: "A handler registered by one user answers another",
    show: handlerOfOneUserAnswersAnother,
  },
  { id: "unknown-type", title: "An unknown type is acknowledged", show: unknownTypeIsAcknowledged },
  { id: "thread-as-user", title: "A thread id is used as a user id", show: threadIdUsedAsUserId },
  {
    id: "broadcast-to-nobody",
    title: "A broadcast reports success with no connection",
    show: broadcastSucceedsWithoutConnection,
  },
  { id: "wrapper", title: "A wrapper eats the event emitter", show: wrapperEatsEventEmitter },
  {
    id: "sibling-tool",
    title: "A sibling dispatcher registers the same tool",
    show: siblingDispatcherReplacesTool,
  },
  {
    id: "full-queue",
    title: "A critical event is refused because a queue is full of unimportant ones",
    show: criticalEventRefusedByFullQueue,
  },
  { id: "slow-tab", title: "A slow tab blocks another tab", show: slowTabBlocksAnother },
  { id: "after-the-end", title: "Events come after the terminal one", show: eventsAfterTerminalOne },
  {
    id: "double-execution",
    title: "One tool call is executed by two dispatchers",
    show: oneCallExecutedByTwoDispatchers,
  },
];
