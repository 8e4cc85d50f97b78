/** The agent and the tools of the simulation: they do what the message says, and tell the world what they really did. */
import { z } from "zod";
import { type AgentRun, RunFailure } from "../../packages/server/src/runs/agent.ts";
import { type AgentDefinition, createAgent, defineAgent } from "../../packages/server/src/runs/define-agent.ts";
import { type AnyTool, defineTool, type ToolContext, ToolFailure } from "../../packages/server/src/tools/tool.ts";
import type { NodeGate } from "./node-gate.ts";
import type { Observe } from "./observe.ts";
import type { Plan, Script, ScriptCall, ScriptStep, ToolName } from "./plan.ts";
import type { Random } from "./random.ts";
import { SimulatedModel } from "./simulated-model.ts";

export interface OutsideOptions {
  readonly node: string;
  readonly gate: NodeGate;
  readonly observe: Observe;
  /** Whether a language model answers, through the product's own loop, or a program does. */
  readonly agent: Plan["agent"];
  readonly quality: Plan["quality"];
  /** For what the product would leave to chance. */
  readonly random: Random;
  /** The node dies here; false when this call has killed one before. */
  die(callId: string): boolean;
}

type CallInput = Omit<ScriptCall, "tool">;

/** Made once: compiling a schema costs more than most worlds. */
const input = z.object({
  beforeMs: z.number(),
  afterMs: z.number(),
  ending: z.enum(["return", "throw", "hang", "die"]),
  heedsAbort: z.boolean(),
  output: z.number(),
});

export function simulatedAgent(options: OutsideOptions): AgentDefinition {
  const outside = new Outside(options);
  const tool = (name: ToolName, once: AnyTool["once"], approval: "never" | "always"): AnyTool =>
    defineTool({
      name,
      description: name,
      input,
      once,
      approval,
      execute: (given: CallInput, context) => outside.execute(name, once, given, context),
    });
  const tools = [
    tool("charge", "at-most-once", "never"),
    tool("notify", "idempotent", "never"),
    tool("ask", "at-most-once", "always"),
  ];
  const name = "simulated";
  const scripts = new Map<string, { readonly text: string; readonly script: Script }>();
  return defineAgent({
    name,
    tools,
    quality: { gate: options.quality },
    async run(run) {
      const { text } = run.message;
      const first = scripts.get(run.runId) ?? { text, script: scriptOf(text) };
      scripts.set(run.runId, first);
      const script = text === first.text ? first.script : revised(first.script);
      if (options.agent === "program") {
        for (const step of script) await outside.follow(step, run);
        return;
      }
      // A model of its own for each run: it has to know whose words it says, and the SDK does not tell it.
      const model = outside.model(script, run);
      const { random, gate } = options;
      const parts = {
        clock: gate.clock,
        modelIdleTimeoutMs: 20_000,
        answerCharactersMax: 100_000,
        random: () => random.unit(),
      };
      await createAgent({ name, model, tools }, parts).run(run);
    },
  });
}

/** The text of a message that makes the agent act. `canary` says whose it is, wherever it turns up. */
export function messageText(canary: string, script: Script): string {
  return `${canary}\n${JSON.stringify(script)}`;
}

function scriptOf(text: string): Script {
  const [, script] = text.split("\n");
  return script === undefined ? [] : (JSON.parse(script) as Script);
}

/** What was rejected has said nothing. Somebody who was told to do nothing does not know better when asked again. */
function revised(script: Script): Script {
  return script.length === 0 ? [] : [{ do: "say", pieces: 1, everyMs: 20, ending: "finish" }];
}

class Outside {
  readonly #options: OutsideOptions;

  constructor(options: OutsideOptions) {
    this.#options = options;
  }

  async follow(step: ScriptStep, run: AgentRun): Promise<void> {
    if (step.do === "think") await run.thinking("hm");
    else if (step.do === "wait") await this.#wait(step.forMs, run.signal);
    else if (step.do === "say") await this.#say(step, run);
    else await settleAll(step.calls.map(({ tool, ...given }) => run.tool(tool, { ...given })));
  }

  model(script: Script, { userId: user, runId }: AgentRun): SimulatedModel {
    const { node, gate, observe } = this.#options;
    return new SimulatedModel({
      script,
      canary: user,
      onCall: (step) => gate.leave(() => observe({ kind: "model_began", node, user, runId, step })),
      wait: (forMs, signal) => this.#wait(forMs, signal),
    });
  }

  async #say(step: ScriptStep & { do: "say" }, run: AgentRun): Promise<void> {
    await run.step(async (scope) => {
      const { node, gate, observe } = this.#options;
      const user = run.userId;
      gate.leave(() => observe({ kind: "model_began", node, user, runId: run.runId, step: scope.step }));
      for (let index = 0; index < step.pieces; index += 1) {
        await this.#wait(step.everyMs, run.signal);
        scope.delta(`${user} step ${scope.step} piece ${index}. `);
      }
      if (step.ending === "hang") await this.#wait(Number.POSITIVE_INFINITY, run.signal);
      if (step.ending === "cut") throw new Error("the connection to the model was lost");
      if (step.ending === "fail") throw new RunFailure("model_failed", "the model failed");
      return { pieces: step.pieces };
    });
  }

  async execute(tool: ToolName, once: AnyTool["once"], given: CallInput, context: ToolContext): Promise<string> {
    const { node, gate, observe } = this.#options;
    const { userId: user, runId, callId, idempotencyKey: key } = context;
    const recovery = once === "idempotent" ? "idempotent" : "at_most_once";
    const about = { node, user, runId, callId, tool, key };
    gate.leave(() => observe({ kind: "tool_began", ...about, recovery, input: given }));
    try {
      const result = await this.#work(given, context, () => {
        gate.leave(() => observe({ kind: "tool_effect", ...about }));
      });
      if (gate.alive) observe({ kind: "tool_ended", callId, how: "returned" });
      return result;
    } catch (error) {
      const how = context.signal.aborted ? "aborted" : "threw";
      if (gate.alive) observe({ kind: "tool_ended", callId, how });
      throw error;
    }
  }

  async #work(given: CallInput, context: ToolContext, effect: () => void): Promise<string> {
    const signal = given.heedsAbort ? context.signal : undefined;
    await this.#wait(given.beforeMs, signal);
    effect();
    if (given.ending === "die" && this.#options.die(context.callId)) return new Promise(() => undefined);
    await this.#wait(given.ending === "hang" ? Number.POSITIVE_INFINITY : given.afterMs, signal);
    if (given.ending === "throw") throw new ToolFailure("it did not work");
    return `${context.userId} ${"x".repeat(given.output)}`;
  }

  /** Rejects when the signal aborts. */
  #wait(forMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = Number.isFinite(forMs) ? this.#options.gate.clock.schedule(forMs, () => finish()) : undefined;
      const leave = () => {
        timer?.cancel();
        reject(signal?.reason);
      };
      const finish = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      signal?.addEventListener("abort", leave, { once: true });
    });
  }
}

/** As the product's own loop does: none may still be at work when the run moves on. */
async function settleAll(calls: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(calls)) if (result.status === "rejected") throw result.reason;
}
