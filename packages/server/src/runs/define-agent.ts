import type { AnyTool } from "../tools/tool.ts";
import type { Agent, AgentRun } from "./agent.ts";
import { type ModelAgentOptions, type ModelAgentParts, modelAgent } from "./model-agent.ts";
import type { QualityGate } from "./quality-gate.ts";

/** An agent as a program describes it: a language model with tools, or any async function over durable primitives. */
export type AgentDefinition =
  | ModelAgentOptions
  | {
      readonly name: string;
      readonly tools?: readonly AnyTool[];
      readonly quality?: QualityGate;
      // biome-ignore lint/suspicious/noConfusingVoidType: an async function without a return statement is an agent too
      run(run: AgentRun): Promise<string | void>;
    };

/** Checks a definition where it is written, and keeps its types. */
export function defineAgent(definition: AgentDefinition): AgentDefinition {
  if (!/^[A-Za-z0-9 ._-]{1,64}$/.test(definition.name)) {
    throw new TypeError(`unable to define agent "${definition.name}"; a name has 1 to 64 characters [A-Za-z0-9 ._-]`);
  }
  return definition;
}

/** The agent that an engine executes. */
export function createAgent(definition: AgentDefinition, parts: ModelAgentParts): Agent {
  if ("model" in definition) return modelAgent(definition, parts);
  const { name, tools = [], quality } = definition;
  return { name, tools, ...(quality && { quality }), run: definition.run.bind(definition) };
}
