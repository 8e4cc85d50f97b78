/**
 * An agent that does what the message tells it, for tests of the whole system: the message is a JSON list of actions, so
 * a test decides from outside what a run in another process does. Its tools leave their effects in a file outside of the
 * server, where a repeated or a forgotten effect can be seen.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type AgentRun, defineAgent, defineTool, type ToolContext } from "@throughline/server";
import { z } from "zod";

export type AgentAction =
  /** One recorded step with this text. */
  | { readonly say: string }
  /** One recorded step of so many pieces, one every `everyMs`. */
  | { readonly stream: number; readonly everyMs: number }
  /** So many events of about so many bytes, as fast as they can be stored. */
  | { readonly produce: number; readonly bytes: number }
  | { readonly call: ToolName; readonly label: string; readonly holdMs?: number }
  /** Calls of one step that run at the same time. */
  | { readonly together: readonly { readonly call: ToolName; readonly label: string; readonly holdMs?: number }[] };

export type ToolName = "write_once" | "write_again" | "hang" | "ask_first";

/** The text of a message that makes the agent act. */
export function script(...actions: readonly AgentAction[]): string {
  return JSON.stringify(actions);
}

/** The text that `{ stream }` writes. */
export function streamedText(pieces: number): string {
  return Array.from({ length: pieces }, (_, index) => `piece ${index} `).join("");
}

const produceTogether = 512;
const input = z.object({ label: z.string(), holdMs: z.number().optional() });

export function scriptedAgent(effectsPath: string) {
  /** One line for each execution: which tool, for whom, with which key. */
  const effect = async (tool: ToolName, { label, holdMs = 0 }: z.infer<typeof input>, context: ToolContext) => {
    appendFileSync(effectsPath, `${tool} ${label} ${context.idempotencyKey}\n`);
    await sleep(holdMs);
    return { label };
  };
  const tools = [
    defineTool({
      name: "write_once",
      description: "Leaves its effect at most once.",
      input,
      once: "at-most-once",
      execute: (given, context) => effect("write_once", given, context),
    }),
    defineTool({
      name: "write_again",
      description: "Leaves an effect that may be repeated with the same key.",
      input,
      once: "idempotent",
      execute: (given, context) => effect("write_again", given, context),
    }),
    defineTool({
      name: "hang",
      description: "Never comes back, whatever it is told.",
      input,
      once: "at-most-once",
      async execute(given, context) {
        await effect("hang", given, context);
        return new Promise<never>(() => undefined);
      },
    }),
    defineTool({
      name: "ask_first",
      description: "Leaves its effect once a person has agreed.",
      input,
      once: "at-most-once",
      approval: "always",
      execute: (given, context) => effect("ask_first", given, context),
    }),
  ];
  return defineAgent({
    name: "scripted",
    tools,
    async run(run) {
      const actions = parse(run.message.text);
      if (actions === undefined) return `heard: ${run.message.text}`;
      for (const action of actions) await act(run, action);
      return undefined;
    },
  });
}

function parse(text: string): readonly AgentAction[] | undefined {
  return text.startsWith("[") ? (JSON.parse(text) as AgentAction[]) : undefined;
}

async function act(run: AgentRun, action: AgentAction): Promise<void> {
  if ("say" in action) {
    await run.step(async ({ delta }) => delta(action.say));
  } else if ("stream" in action) {
    await run.step(async ({ delta }) => {
      for (let index = 0; index < action.stream; index += 1) {
        run.signal.throwIfAborted();
        delta(`piece ${index} `);
        await sleep(action.everyMs);
      }
    });
  } else if ("produce" in action) {
    await run.step(async ({ thinking }) => {
      const text = "x".repeat(action.bytes);
      for (let produced = 1; produced < action.produce; produced += produceTogether) {
        const count = Math.min(produceTogether, action.produce - produced);
        await Promise.all(Array.from({ length: count }, () => thinking(text)));
      }
    });
  } else if ("call" in action) {
    const { call, ...given } = action;
    const result = await run.tool(call, given);
    await run.step(async ({ delta }) => delta(`${action.label}: ${result.outcome}`));
  } else {
    const calls = action.together.map(({ call, ...given }) => run.tool(call, given));
    const results = await Promise.all(calls);
    await run.step(async ({ delta }) => delta(results.map(({ outcome }) => outcome).join(", ")));
  }
}
