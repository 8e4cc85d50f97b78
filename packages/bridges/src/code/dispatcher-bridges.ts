import type { JsonValue } from "@throughline/protocol";
import type { AgentRun, ToolResult } from "@throughline/server";
import { BridgeRefusal } from "./bridge-refusal.ts";
import type { OpenBridge } from "./bridges.ts";
import type { Outcome } from "./outcome.ts";

/** What older code gets back from a tool. */
export interface OldToolResult {
  /** True exactly when the tool has completed. */
  readonly success: boolean;
  readonly output?: JsonValue;
  readonly error?: string;
  /** `unknown`: it may or may not have had its effect; calling it again may repeat it. */
  readonly outcome: ToolResult["outcome"];
  readonly call_id: string;
}

type Tooled = Pick<AgentRun, "tool">;

/** Calls the tool through the one dispatcher, in the run that it belongs to. */
async function call(bridge: OpenBridge, run: Tooled, name: string, parameters: unknown): Promise<OldToolResult> {
  const used = bridge.call();
  // What throws, as in a run that was stopped, is a use as well.
  let kind: Outcome["kind"] = "failed";
  try {
    const result = await run.tool(name, (parameters ?? {}) as JsonValue);
    const { outcome, callId } = result;
    if (outcome === "completed") kind = "stored";
    else if (outcome === "denied") kind = "refused";
    return outcome === "completed"
      ? { success: true, output: result.output, outcome, call_id: callId }
      : { success: false, error: `${result.error.message} (${result.error.code})`, outcome, call_id: callId };
  } finally {
    used(kind);
  }
}

function refuseRegistration(bridge: OpenBridge, name: string): never {
  bridge.call()("refused");
  const instead = "declare it with `defineTool` in the agent's `tools`";
  throw new BridgeRefusal(
    "owned_elsewhere",
    `unable to register tool ${name}; an agent has the tools that it is defined with`,
    instead,
  );
}

/** The shape of a dispatcher with a registry of its own. */
export interface ToolTable {
  registerTool(name: string, tool: unknown): never;
  dispatch(name: string, parameters: unknown): Promise<OldToolResult>;
}

export function toolTableBridge(bridge: OpenBridge, run: Tooled): ToolTable {
  return {
    registerTool: (name) => refuseRegistration(bridge, name),
    dispatch: (name, parameters) => call(bridge, run, name, parameters),
  };
}

/** The shape of a dispatcher that is made for each request. */
export interface RequestDispatcher {
  executeTool(request: { readonly tool_name: string; readonly parameters?: unknown }): Promise<OldToolResult>;
}

export function requestDispatcherBridge(bridge: OpenBridge, run: Tooled): RequestDispatcher {
  return { executeTool: ({ tool_name, parameters }) => call(bridge, run, tool_name, parameters) };
}

/** The shape of a dispatcher for administrators: a role is no longer what decides, so it is refused. */
export interface AdminDispatcher {
  registerAdminTools(tools: Readonly<Record<string, unknown>>): never;
  dispatch(name: string, parameters: unknown): never;
}

export function adminDispatcherBridge(bridge: OpenBridge): AdminDispatcher {
  return {
    registerAdminTools: (tools) => refuseRegistration(bridge, Object.keys(tools).join(", ")),
    dispatch(name) {
      bridge.call()("refused");
      const instead = 'give the tool `approval: "always"`, or an agent of its own to those who may use it';
      throw new BridgeRefusal(
        "owned_elsewhere",
        `unable to dispatch ${name} by role; a run calls what its agent is granted`,
        instead,
      );
    },
  };
}
