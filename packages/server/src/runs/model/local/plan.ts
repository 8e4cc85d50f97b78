/** One step of the local assistant: what it thinks, says and calls. The same turn and tools always give the same plan. */
import type { LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import type { JsonValue } from "@throughline/protocol";
import { describeCall } from "./describe-call.ts";
import type { Intent } from "./intent.ts";
import { plain } from "./markdown.ts";
import { speak, speakFallback } from "./speech.ts";
import type { Turn } from "./turn.ts";
import { understand } from "./understand.ts";

export interface Plan {
  readonly thought: string;
  readonly text: string;
  readonly calls: readonly { readonly tool: string; readonly input: Readonly<Record<string, JsonValue>> }[];
  /** Whether the text is said at a tenth of the pace. */
  readonly slowly: boolean;
}

type Tools = readonly LanguageModelV4FunctionTool[];
type CallIntent = Extract<Intent, { kind: "call" }>;

export function planStep(turn: Turn, tools: Tools): Plan {
  return turn.calls.length > 0 ? answerPlan(turn, tools) : messagePlan(turn.text, tools);
}

/** Everything that was called has ended; there is nothing more to call for one message. */
function answerPlan({ text, calls }: Turn, tools: Tools): Plan {
  const failures = calls.filter((call) => call.result.outcome !== "completed").length;
  const thought =
    failures === 0
      ? `${calls.length === 1 ? "The result is" : "All results are"} in; I put the answer together.`
      : `${failures} of ${calls.length} ${calls.length === 1 ? "call" : "calls"} did not complete; I say so.`;
  const { missing, unclear } = wishesOf(text, tools);
  const described = [...calls.map(describeCall), ...missing.map(describeMissing)];
  if (unclear.length > 0)
    described.push(`I did not understand ${unclear.map((piece) => `"${plain(piece)}"`).join(" and ")}.`);
  return say(thought, described.join("\n\n"));
}

function messagePlan(message: string, tools: Tools): Plan {
  const { calls, missing, others, unclear } = wishesOf(message, tools);
  // A step that calls says nothing yet: the answer comes when the results are in.
  if (calls.length > 0) return callPlan(calls, unclear);
  if (missing.length > 0)
    return say("A tool that I would need is not offered.", missing.map(describeMissing).join("\n\n"));
  const wish = others.find((intent) => intent.kind !== "speech") ?? others[0];
  switch (wish?.kind) {
    case "recital":
      return { ...say(`The message asks for ${wish.subject}.`, wish.text), slowly: wish.slowly };
    case "trouble":
      return say("The command is not well formed.", wish.problem);
    case "speech":
      return say("This I can answer without a tool.", speak(wish.topic, tools));
    case undefined:
      return say("No rule of mine fits this message.", speakFallback(tools));
  }
}

interface Wishes {
  readonly calls: readonly CallIntent[];
  /** Names of tools that the message needs and that are not offered. */
  readonly missing: readonly string[];
  readonly others: readonly Exclude<Intent, CallIntent>[];
  readonly unclear: readonly string[];
}

function wishesOf(message: string, tools: Tools): Wishes {
  const { intents, unclear } = understand(message);
  const offered = new Set(tools.map((tool) => tool.name));
  const wanted = intents.filter((intent) => intent.kind === "call");
  const calls = wanted.filter((intent) => intent.byHand || offered.has(intent.tool));
  const missing = wanted.filter((intent) => !calls.includes(intent)).map((intent) => intent.tool);
  return { calls, missing: [...new Set(missing)], others: intents.filter((intent) => intent.kind !== "call"), unclear };
}

function describeMissing(tool: string): string {
  return `I would need the tool \`${tool}\`, which is not offered here.`;
}

function callPlan(calls: readonly CallIntent[], unclear: readonly string[]): Plan {
  const subjects = calls.map((call) => call.subject).join(", ");
  const names = [...new Set(calls.map((call) => call.tool))].join(", ");
  const rest = unclear.length === 0 ? "" : ` I do not understand: "${unclear.join('", "')}".`;
  return {
    thought: `The message asks for ${subjects}. I call ${names}${calls.length > 1 ? `, ${calls.length} calls at once` : ""}.${rest}`,
    text: "",
    calls: calls.map(({ tool, input }) => ({ tool, input })),
    slowly: false,
  };
}

function say(thought: string, text: string): Plan {
  return { thought, text, calls: [], slowly: false };
}
