import type { RunView } from "@throughline/protocol";
import { formatDuration } from "./format-duration.ts";

/** When a run ended, how long it took and what it used, as far as that is known. */
export function runFacts({ acceptedAt, endedAt, usage }: RunView): string {
  const facts: string[] = [];
  if (endedAt !== undefined) {
    facts.push(new Date(endedAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
    facts.push(formatDuration(Date.parse(endedAt) - Date.parse(acceptedAt)));
  }
  if (usage?.inputTokens !== undefined) facts.push(`${usage.inputTokens.toLocaleString("en")} tokens in`);
  if (usage?.outputTokens !== undefined) facts.push(`${usage.outputTokens.toLocaleString("en")} tokens out`);
  return facts.join(" · ");
}
