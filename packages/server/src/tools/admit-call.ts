/** Decides whether a run may call a tool in this way, before anything is journalled: look up → permission → input. */
import type { JsonValue, ToolErrorCode } from "@throughline/protocol";
import type { AnyTool } from "./tool.ts";
import type { ToolRegistry } from "./tool-registry.ts";

/** The tool, and its input as its schema understands it. */
export interface Admission {
  readonly tool: AnyTool;
  readonly input: unknown;
}

/** Why a call is not made. */
export interface Refusal {
  readonly outcome: "failed" | "denied";
  readonly code: ToolErrorCode;
  readonly reason: string;
}

/** Never rejects, whatever the tool's schema does. */
export async function admitCall(asked: {
  readonly name: string;
  /** Undefined when what a model wrote is not JSON. */
  readonly input: { readonly value: JsonValue } | undefined;
  readonly inputBytes: number;
  readonly inputBytesMax: number;
  readonly granted: ReadonlySet<string>;
  readonly registry: ToolRegistry;
}): Promise<Admission | Refusal> {
  const { name, input, inputBytes, inputBytesMax, granted, registry } = asked;
  const tool = registry.get(name);
  if (tool === undefined) {
    const reason = `no such tool; known are ${[...granted].join(", ") || "none"}`;
    return { outcome: "failed", code: "unknown_tool", reason };
  }
  if (!granted.has(tool.name)) {
    return { outcome: "denied", code: "not_permitted", reason: "the agent was not given this tool" };
  }
  if (inputBytes > inputBytesMax) {
    const reason = `its input of ${inputBytes} bytes exceeds toolInputBytesMax ${inputBytesMax}`;
    return { outcome: "failed", code: "input_too_large", reason };
  }
  if (input === undefined) return { outcome: "failed", code: "invalid_input", reason: "its input is not JSON" };
  try {
    const validated = await tool.input["~standard"].validate(input.value);
    if (validated.issues === undefined) return { tool, input: validated.value };
    const issues = validated.issues.slice(0, 5).map((issue) => `${issuePath(issue.path)}${issue.message}`);
    return { outcome: "failed", code: "invalid_input", reason: issues.join("; ") };
  } catch {
    return failedBefore;
  }
}

/** The tool's own code failed while it looked at the input; nothing was called. */
export const failedBefore: Refusal = {
  outcome: "failed",
  code: "tool_failed",
  reason: "it failed while it looked at its input",
};

function issuePath(path: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined): string {
  if (path === undefined || path.length === 0) return "";
  return `${path.map((part) => String(typeof part === "object" ? part.key : part)).join(".")}: `;
}
