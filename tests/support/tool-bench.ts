/** Tools in the product's own engine, over a log in memory under virtual time. */
import {
  advanceRun,
  type CallId,
  defaultLimits,
  type Event,
  type EventOf,
  isRunEventType,
  type Limits,
  newRunState,
  type RunId,
  type RunState,
} from "@throughline/protocol";
import { z } from "zod";
import type { Identity } from "../../packages/server/src/base/identity.ts";
import { EmbeddedLog } from "../../packages/server/src/log/embedded-log.ts";
import type { Log } from "../../packages/server/src/log/log.ts";
import { MemoryStore } from "../../packages/server/src/log/memory-store.ts";
import type { AgentRun } from "../../packages/server/src/runs/agent.ts";
import { defineAgent } from "../../packages/server/src/runs/define-agent.ts";
import {
  type AnyTool,
  defineTool,
  type Tool,
  type ToolContext,
  type ToolResult,
} from "../../packages/server/src/tools/tool.ts";
import { GatedStore } from "./gated-store.ts";
import { eventsOf, InProcessNode, identityOf } from "./in-process-node.ts";
import { VirtualClock } from "./virtual-clock.ts";

export const alice = identityOf("alice");
export const bob = identityOf("bob");

interface NodeParts {
  readonly tools: readonly AnyTool[];
  /** Names of the tools that the agent gets; all of them unless a test says otherwise. */
  readonly granted?: readonly string[];
  readonly log?: Log;
  run(run: AgentRun): Promise<void>;
}

export class ToolBench {
  readonly clock = new VirtualClock();
  readonly store = new GatedStore(new MemoryStore("epoch1"));
  readonly log: EmbeddedLog;
  readonly limits: Limits;
  #commands = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...defaultLimits, ...limits };
    this.log = new EmbeddedLog({ store: this.store, clock: this.clock, limits: this.limits });
  }

  node({ tools, granted, log = this.log, run }: NodeParts): InProcessNode {
    const given = tools.filter((tool) => granted?.includes(tool.name) ?? true);
    const agent = defineAgent({ name: "caller", tools: given, run });
    return new InProcessNode({ log, clock: this.clock, agent, tools, limits: this.limits });
  }

  async command<Data>(node: InProcessNode, type: string, data: object, identity: Identity = alice): Promise<Data> {
    this.#commands += 1;
    const reply = await node.router.handle(identity, { id: `command${this.#commands}`, type, data });
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.data as Data;
  }

  /** Sends a message, and lets what can happen at once happen. */
  async begin(node: InProcessNode, identity: Identity = alice): Promise<RunId> {
    const { runId } = await this.command<{ runId: RunId }>(node, "message.send", { text: "go" }, identity);
    await this.clock.advance(0);
    return runId;
  }

  /** An agent that makes these calls one after the other, and what came of them; one that rejects is its error. */
  async calls(tools: readonly AnyTool[], calls: readonly Call[], parts: Partial<NodeParts> = {}) {
    const results: (ToolResult | Error)[] = [];
    const node = this.node({
      tools,
      ...parts,
      async run(run) {
        for (const [name, input] of calls) results.push(await settled(run.tool(name, input as never)));
      },
    });
    const runId = await this.begin(node);
    return { node, runId, results };
  }

  async events(runId: RunId, identity: Identity = alice): Promise<Event[]> {
    return (await eventsOf(this.log, identity)).filter((event) => event.runId === runId);
  }

  /** The data of all events of one type of a run. */
  async dataOf<Type extends Event["type"]>(runId: RunId, type: Type): Promise<EventOf<Type>["data"][]> {
    const events = await this.events(runId);
    return events.filter((event) => event.type === type).map((event) => event.data as EventOf<Type>["data"]);
  }

  /** What the state table says of a run; throws when an event is illegal where it stands. */
  async judged(runId: RunId, identity?: Identity): Promise<RunState> {
    const state = newRunState(runId);
    for (const { type, data } of await this.events(runId, identity)) {
      const refusal = isRunEventType(type) ? advanceRun(state, { type, data }) : undefined;
      if (refusal !== undefined) throw new Error(refusal);
    }
    return state;
  }

  /** The call of a run that waits, or waited, for approval. */
  async asked(runId: RunId): Promise<{ readonly callId: CallId; readonly digest: string }> {
    const [data] = await this.dataOf(runId, "approval_requested");
    if (data === undefined) throw new Error("nothing was asked");
    return data;
  }

  async answer(node: InProcessNode, runId: RunId, decision: "approve" | "deny") {
    const { callId, digest } = await this.asked(runId);
    const reply = await this.command(node, "approval.answer", { callId, digest, decision });
    await this.clock.advance(0);
    return reply;
  }
}

/** Why a call did not complete. */
export function errorOf(result: ToolResult | Error | undefined) {
  if (result === undefined || result instanceof Error || result.outcome === "completed") return undefined;
  return result.error;
}

export type Call = readonly [name: string, input: unknown];

/** How a call ended, or the error that it rejected with. */
export function settled(call: Promise<ToolResult & { readonly callId: string }>): Promise<ToolResult | Error> {
  return call.then(
    ({ callId: _callId, ...result }) => result,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
}

/** A tool that charges an amount, and the idempotency keys with which it did. */
export function chargeTool(given: Partial<Tool<{ amount: number }, unknown>> = {}) {
  const effects: string[] = [];
  const contexts: ToolContext[] = [];
  const tool = defineTool<{ amount: number }, unknown>({
    name: "charge",
    description: "Charges a card",
    input: z.object({ amount: z.number() }),
    once: "at-most-once",
    async execute({ amount }, context) {
      effects.push(context.idempotencyKey);
      contexts.push(context);
      return { charged: amount };
    },
    ...given,
  });
  return { tool, effects, contexts };
}
