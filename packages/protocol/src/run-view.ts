/**
 * What a person sees of one run, as a fold over its events. Owns runs, steps and tool calls; knows no threads. Views are
 * immutable: an event that changes nothing returns the same object.
 */
import type { RunError, ToolError } from "./errors.ts";
import type { ApprovalDecision, Event, EventOf, JsonValue, RunOutcome, ToolOutcome, Usage } from "./events.ts";
import type { CallId, MessageId, RunId } from "./ids.ts";
import type { QualityVerdict } from "./quality.ts";

export interface ToolCallView {
  readonly callId: CallId;
  readonly tool: string;
  readonly input: JsonValue;
  /** `approval`: waits for an answer. A call that was still waiting when its run stopped or ended is `cancelled`. */
  readonly state: "approval" | "approved" | "executing" | ToolOutcome;
  readonly approval:
    | { readonly digest: string; readonly expiresAt: string; readonly decision?: ApprovalDecision }
    | undefined;
  readonly output: JsonValue | undefined;
  readonly error: ToolError | undefined;
  readonly durationMs: number | undefined;
}

/** Text, thinking and calls of one model step. */
export interface StepView {
  readonly step: number;
  readonly thinking: string | undefined;
  readonly text: string;
  readonly calls: readonly ToolCallView[];
}

export interface RunView {
  readonly runId: RunId;
  /** The message it answers. */
  readonly messageId: MessageId;
  readonly text: string;
  readonly acceptedAt: string;
  readonly agent: string | undefined;
  readonly state: "queued" | "running" | "stopping" | RunOutcome;
  readonly attempt: number;
  readonly steps: readonly StepView[];
  /** The answer, once the run has ended; until then the text of `steps` is what there is. */
  readonly answer: { readonly messageId: MessageId; readonly text: string } | undefined;
  readonly error: RunError | undefined;
  readonly usage: Usage | undefined;
  /** Of its newest text that was judged. */
  readonly verdict: QualityVerdict | undefined;
  readonly endedAt: string | undefined;
}

export function newRunView(event: EventOf<"message_accepted">): RunView {
  return {
    runId: event.runId,
    messageId: event.data.messageId,
    text: event.data.text,
    acceptedAt: event.at,
    agent: undefined,
    state: "queued",
    attempt: 1,
    steps: [],
    answer: undefined,
    error: undefined,
    usage: undefined,
    verdict: undefined,
    endedAt: undefined,
  };
}

/** Folds one event of the run into its view. */
export function advanceRunView(run: RunView, event: Event): RunView {
  switch (event.type) {
    case "agent_started":
      return changed(run, { agent: event.data.agent, state: run.state === "queued" ? "running" : run.state });
    case "agent_thinking":
      return withStep(run, event.data.step, (step) => changed(step, { thinking: event.data.text ?? step.thinking }));
    case "agent_delta":
      return withStep(run, event.data.step, (step) =>
        changed(step, { text: withPiece(step.text, event.data.offset, event.data.text) }),
      );
    case "run_resumed":
      return changed(run, {
        attempt: event.data.attempt,
        steps: mapped(run.steps, (step) => (step.step >= event.data.step ? changed(step, { text: "" }) : step)),
      });
    case "approval_requested":
      return withNewCall(run, event.data, "approval", {
        digest: event.data.digest,
        expiresAt: event.data.expiresAt,
      });
    case "approval_answered":
      return withCall(run, event.data.callId, (call) =>
        changed(call, {
          state: event.data.decision === "approve" ? "approved" : "denied",
          approval: call.approval && changed(call.approval, { decision: event.data.decision }),
        }),
      );
    case "tool_executing": {
      const known = run.steps.some((step) => step.calls.some((call) => call.callId === event.data.callId));
      if (!known) return withNewCall(run, event.data, "executing", undefined);
      // A denied call passes through this event as well, so that it ends as a pair; it is not executed.
      return withCall(run, event.data.callId, (call) =>
        call.state === "denied" ? call : changed(call, { state: "executing" }),
      );
    }
    case "tool_completed":
      return withCall(run, event.data.callId, (call) =>
        changed(call, {
          state: event.data.outcome,
          output: event.data.output,
          error: event.data.error,
          durationMs: event.data.durationMs,
        }),
      );
    case "run_stop_requested":
      return changed(run, { state: "stopping", steps: withoutWaitingCalls(run.steps) });
    case "quality_verdict":
      return changed(run, { verdict: event.data.verdict });
    case "agent_completed":
      return {
        ...run,
        state: event.data.outcome,
        steps: withoutWaitingCalls(run.steps),
        answer: event.data.message,
        error: event.data.error,
        usage: event.data.usage,
        endedAt: event.at,
      };
    default:
      return run;
  }
}

/** The text of a run as far as it is known: the answer, else the steps' text. */
export function runText(run: RunView): string {
  return run.answer?.text ?? joinStepTexts(run.steps.map((step) => step.text));
}

/** How the texts of a run's steps become the one answer text. */
export function joinStepTexts(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}

/** `value` itself when it has every member of `change` already, else a changed copy. */
export function changed<Value extends object>(value: Value, change: Partial<Value>): Value {
  for (const key of Object.keys(change) as (keyof Value)[]) {
    if (!Object.is(value[key], change[key])) return { ...value, ...change };
  }
  return value;
}

/** `items` itself when `change` returns every item as it was. */
function mapped<Item>(items: readonly Item[], change: (item: Item) => Item): readonly Item[] {
  const after = items.map(change);
  return after.every((item, index) => item === items[index]) ? items : after;
}

/**
 * The text of a step with one delta: a piece that the text holds already changes nothing; any other replaces what stood
 * from its offset on.
 */
export function withPiece(text: string, offset: number, piece: string): string {
  // Nearly always an addition. Comparing first would flatten the engine's rope and make long answers quadratic.
  if (offset >= text.length) return text + piece;
  return text.startsWith(piece, offset) ? text : text.slice(0, offset) + piece;
}

function withStep(run: RunView, step: number, change: (step: StepView) => StepView): RunView {
  if (run.steps.some((candidate) => candidate.step === step)) {
    return changed(run, {
      steps: mapped(run.steps, (candidate) => (candidate.step === step ? change(candidate) : candidate)),
    });
  }
  return { ...run, steps: [...run.steps, change({ step, thinking: undefined, text: "", calls: [] })] };
}

function withCall(run: RunView, callId: CallId, change: (call: ToolCallView) => ToolCallView): RunView {
  return changed(run, { steps: withCalls(run.steps, (call) => (call.callId === callId ? change(call) : call)) });
}

function withCalls(steps: readonly StepView[], change: (call: ToolCallView) => ToolCallView): readonly StepView[] {
  return mapped(steps, (step) => changed(step, { calls: mapped(step.calls, change) }));
}

/** After a stop or the end no waiting call is ever executed, so nobody may be asked about it any more. */
function withoutWaitingCalls(steps: readonly StepView[]): readonly StepView[] {
  return withCalls(steps, (call) =>
    call.state === "approval" || call.state === "approved" ? changed(call, { state: "cancelled" }) : call,
  );
}

function withNewCall(
  run: RunView,
  data: { readonly callId: CallId; readonly tool: string; readonly input: JsonValue },
  state: "approval" | "executing",
  approval: ToolCallView["approval"],
): RunView {
  const call: ToolCallView = {
    callId: data.callId,
    tool: data.tool,
    input: data.input,
    state,
    approval,
    output: undefined,
    error: undefined,
    durationMs: undefined,
  };
  const newest = run.steps.at(-1)?.step ?? 1;
  return withStep(run, newest, (step) => ({ ...step, calls: [...step.calls, call] }));
}
