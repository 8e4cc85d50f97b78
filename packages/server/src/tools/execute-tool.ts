import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { JsonValue } from "@throughline/protocol";
import { type AnyTool, type ToolContext, ToolFailure, type ToolResult, withoutOutput } from "./tool.ts";

export interface ToolExecution {
  readonly context: Omit<ToolContext, "signal">;
  /** Aborts when the run does. */
  readonly runSignal: AbortSignal;
  abortReason(): "stop" | "abandon" | undefined;
  readonly durationMsMax: number;
  /** How long a tool may take to settle after a stop. */
  readonly stopGraceMs: number;
  readonly outputBytesMax: number;
}

type Settled =
  | { readonly kind: "returned"; readonly result: ToolResult }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "deadline" }
  | { readonly kind: "ignored-stop" };

/**
 * Calls a tool once and says how it ended, within `durationMsMax`, and within `stopGraceMs` after the run was stopped. A
 * tool that ignores its signal is abandoned: its later result changes nothing. Rejects when the run was abandoned, since
 * then nobody may say anything in its name.
 */
export async function executeTool(tool: AnyTool, input: unknown, execution: ToolExecution): Promise<ToolResult> {
  // Aborted while the intent was on its way to the disk: what has not begun does not begin any more.
  const settled = execution.runSignal.aborted ? undefined : await settle(tool, input, execution);
  if (execution.abortReason() === "abandon") throw new Error(`unable to finish ${tool.name}; the run was abandoned`);
  if (settled === undefined) return withoutOutput("cancelled", "cancelled", `${tool.name} was stopped before it began`);
  const stopped = execution.runSignal.aborted;
  switch (settled.kind) {
    case "returned":
      return settled.result;
    case "threw":
      if (stopped) return withoutOutput("cancelled", "cancelled", `${tool.name} was stopped`);
      return withoutOutput("failed", "tool_failed", failureText(tool, settled.error));
    // A tool that did not come back may or may not have had its effect; only an idempotent one may be called "failed".
    case "deadline": {
      const reason = `${tool.name} did not finish within ${execution.durationMsMax} ms`;
      return withoutOutput(tool.once === "idempotent" ? "failed" : "unknown", "deadline_exceeded", reason);
    }
    case "ignored-stop": {
      const reason = `${tool.name} did not stop within ${execution.stopGraceMs} ms`;
      if (tool.once === "idempotent") return withoutOutput("cancelled", "cancelled", reason);
      return withoutOutput("unknown", "outcome_unknown", reason);
    }
  }
}

/** Why the signal of a call aborts once it has ended. One for all: making an error costs more than an append. */
const callEnded = new DOMException("the call has ended", "AbortError");

async function settle(tool: AnyTool, input: unknown, execution: ToolExecution): Promise<Settled> {
  const { context, runSignal } = execution;
  const { clock } = context;
  const deadline = new AbortController();
  const signal = AbortSignal.any([runSignal, deadline.signal]);
  const timers: { cancel(): void }[] = [];
  const limited = new Promise<Settled>((resolve) => {
    timers.push(
      clock.schedule(execution.durationMsMax, () => {
        deadline.abort(new DOMException(`${tool.name} exceeded its deadline`, "TimeoutError"));
        resolve({ kind: "deadline" });
      }),
    );
    const onStop = () => {
      const grace = execution.abortReason() === "abandon" ? 0 : execution.stopGraceMs;
      timers.push(clock.schedule(grace, () => resolve({ kind: "ignored-stop" })));
    };
    runSignal.addEventListener("abort", onStop, { once: true, signal: deadline.signal });
  });
  // The call is made in a turn of its own, so that a tool that throws at once is a tool that threw.
  const called = Promise.resolve()
    .then(() => tool.execute(input, { ...context, signal }))
    .then(
      async (value): Promise<Settled> => ({
        kind: "returned",
        result: await checkOutput(tool, value, execution.outputBytesMax),
      }),
      (error: unknown): Settled => ({ kind: "threw", error }),
    );
  try {
    return await Promise.race([called, limited]);
  } finally {
    for (const timer of timers) timer.cancel();
    deadline.abort(callEnded);
  }
}

/** Never rejects: the tool has had its effect, whatever its schema makes of the output. */
async function checkOutput(tool: AnyTool, value: unknown, outputBytesMax: number): Promise<ToolResult> {
  let output = value;
  if (tool.output !== undefined) {
    const validated = await validate(tool.output, value);
    if (validated.issues !== undefined) {
      const issue = validated.issues[0]?.message ?? "it does not fit its schema";
      return withoutOutput("failed", "invalid_output", `the output of ${tool.name} is not what it promises; ${issue}`);
    }
    output = validated.value;
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(output ?? null);
  } catch {
    text = undefined;
  }
  if (text === undefined) return withoutOutput("failed", "invalid_output", `the output of ${tool.name} is not JSON`);
  const bytes = Buffer.byteLength(text);
  if (bytes > outputBytesMax) {
    const reason = `the output of ${tool.name} has ${bytes} bytes and exceeds toolOutputBytesMax ${outputBytesMax}`;
    return withoutOutput("failed", "output_too_large", reason);
  }
  // Parsed back: what is stored, and given to the agent, is exactly what crosses the wire.
  return { outcome: "completed", output: JSON.parse(text) as JsonValue };
}

async function validate(schema: StandardSchemaV1, value: unknown): Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return await schema["~standard"].validate(value);
  } catch {
    return { issues: [{ message: "its schema failed" }] };
  }
}

function failureText(tool: AnyTool, error: unknown): string {
  return error instanceof ToolFailure ? error.message : `${tool.name} failed`;
}
