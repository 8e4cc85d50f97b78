/** What the local assistant says about a call that has ended. Only what the result says, and failures as failures. */
import type { JsonValue } from "@throughline/protocol";
import { fencedBlock, jsonBlock, plain } from "./markdown.ts";
import { sentences } from "./sentences.ts";
import type { CallResult, EndedCall } from "./turn.ts";

export function describeCall(call: EndedCall): string {
  if (call.result.outcome !== "completed") return describeFailure(call.tool, call.result);
  const { output } = call.result;
  return sentences[call.tool]?.(output, call.input) ?? describeOutput(call.tool, output);
}

function describeFailure(tool: string, result: Exclude<CallResult, { outcome: "completed" }>): string {
  const reason = plain(result.message);
  switch (result.outcome) {
    case "failed":
      return `\`${tool}\` failed: ${reason}`;
    case "denied":
      return `\`${tool}\` was not run, because it was not allowed: ${reason}`;
    case "cancelled":
      return `\`${tool}\` was cancelled: ${reason}`;
    case "unknown":
      return `Nobody can know whether \`${tool}\` ran: ${reason}. Please check before you ask for it again.`;
  }
}

/** For tools that are known by name only. */
function describeOutput(tool: string, output: JsonValue): string {
  if (typeof output === "string") return `\`${tool}\` returned:\n\n${fencedBlock(output)}`;
  return `\`${tool}\` returned:\n\n${jsonBlock(output)}`;
}
