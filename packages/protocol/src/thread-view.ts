/**
 * What a person sees of their threads, as a fold over events. Server snapshots and clients run this same code, so a
 * snapshot followed by later events equals the fold over everything. Views are immutable: an event that changes nothing
 * returns the same object.
 */

import type { RunError, ToolError } from "./errors.ts";
import type { ApprovalDecision, Event, JsonValue, RunOutcome, ToolOutcome, Usage } from "./events.ts";
import type { CallId, MessageId, RunId, ThreadId } from "./ids.ts";

export interface ThreadSummary {
  readonly threadId: ThreadId;
  /** As given, else the beginning of the first message; undefined for a thread without either. */
  readonly title: string | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Runs that have not ended, oldest first. */
  readonly openRunIds: readonly RunId[];
}

export interface ToolCallView {
  readonly callId: CallId;
  readonly tool: string;
  readonly input: JsonValue;
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
  readonly endedAt: string | undefined;
}

/** One conversation: its runs in the order in which their messages were accepted. */
export interface ThreadView extends ThreadSummary {
  readonly deleted: boolean;
  readonly runs: readonly RunView[];
}

const titleCharactersFromMessage = 60;

function emptyThread(event: Event): ThreadView {
  return {
    threadId: event.threadId,
    title: undefined,
    createdAt: event.at,
    updatedAt: event.at,
    openRunIds: [],
    deleted: false,
    runs: [],
  };
}

function titleFrom(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  const characters = Array.from(line);
  return characters.length <= titleCharactersFromMessage
    ? line
    : `${characters.slice(0, titleCharactersFromMessage - 1).join("")}…`;
}

function withStep(run: RunView, step: number, change: (step: StepView) => StepView): RunView {
  const index = run.steps.findIndex((candidate) => candidate.step === step);
  if (index >= 0) {
    const steps = run.steps.slice();
    steps[index] = change(steps[index] as StepView);
    return { ...run, steps };
  }
  return { ...run, steps: [...run.steps, change({ step, thinking: undefined, text: "", calls: [] })] };
}

function withCall(run: RunView, callId: CallId, change: (call: ToolCallView) => ToolCallView): RunView {
  const index = run.steps.findIndex((step) => step.calls.some((call) => call.callId === callId));
  if (index < 0) return run;
  const steps = run.steps.slice();
  const step = steps[index] as StepView;
  steps[index] = { ...step, calls: step.calls.map((call) => (call.callId === callId ? change(call) : call)) };
  return { ...run, steps };
}

function withNewCall(run: RunView, call: ToolCallView): RunView {
  const last = run.steps.at(-1)?.step ?? 1;
  return withStep(run, last, (step) => ({ ...step, calls: [...step.calls, call] }));
}

function newCall(
  data: { callId: CallId; tool: string; input: JsonValue },
  state: "approval" | "executing",
  approval: ToolCallView["approval"],
): ToolCallView {
  return {
    callId: data.callId,
    tool: data.tool,
    input: data.input,
    state,
    approval,
    output: undefined,
    error: undefined,
    durationMs: undefined,
  };
}

function advanceRunView(run: RunView, event: Event): RunView {
  switch (event.type) {
    case "agent_started":
      return { ...run, agent: event.data.agent, state: run.state === "queued" ? "running" : run.state };
    case "agent_thinking":
      return withStep(run, event.data.step, (step) => ({ ...step, thinking: event.data.text ?? step.thinking }));
    case "agent_delta":
      // The offset makes a repeat harmless: text up to it is kept, what follows is replaced.
      return withStep(run, event.data.step, (step) => ({
        ...step,
        text: step.text.slice(0, event.data.offset) + event.data.text,
      }));
    case "run_resumed":
      return {
        ...run,
        attempt: event.data.attempt,
        steps: run.steps.map((step) => (step.step === event.data.step ? { ...step, text: "" } : step)),
      };
    case "approval_requested":
      return withNewCall(
        run,
        newCall(event.data, "approval", { digest: event.data.digest, expiresAt: event.data.expiresAt }),
      );
    case "approval_answered":
      return withCall(run, event.data.callId, (call) => ({
        ...call,
        state: event.data.decision === "approve" ? "approved" : "denied",
        approval: call.approval && { ...call.approval, decision: event.data.decision },
      }));
    case "tool_executing": {
      const known = run.steps.some((step) => step.calls.some((call) => call.callId === event.data.callId));
      return known
        ? withCall(run, event.data.callId, (call) => ({ ...call, state: "executing" }))
        : withNewCall(run, newCall(event.data, "executing", undefined));
    }
    case "tool_completed":
      return withCall(run, event.data.callId, (call) => ({
        ...call,
        state: event.data.outcome,
        output: event.data.output,
        error: event.data.error,
        durationMs: event.data.durationMs,
      }));
    case "run_stop_requested":
      return { ...run, state: "stopping" };
    case "agent_completed":
      return {
        ...run,
        state: event.data.outcome,
        answer: event.data.message,
        error: event.data.error,
        usage: event.data.usage,
        endedAt: event.at,
      };
    default:
      return run;
  }
}

/** Folds one event of the thread into its view; `view` is undefined before the thread's first event. */
export function advanceThreadView(view: ThreadView | undefined, event: Event): ThreadView {
  const thread = view ?? emptyThread(event);
  switch (event.type) {
    case "thread_created":
      return { ...thread, title: event.data.title ?? thread.title, updatedAt: event.at };
    case "thread_renamed":
      return { ...thread, title: event.data.title, updatedAt: event.at };
    case "thread_deleted":
      return { ...thread, deleted: true, runs: [], openRunIds: [], updatedAt: event.at };
    case "compacted":
      return thread;
    case "message_accepted": {
      const run: RunView = {
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
        endedAt: undefined,
      };
      return {
        ...thread,
        title: thread.title ?? titleFrom(event.data.text),
        updatedAt: event.at,
        runs: [...thread.runs, run],
        openRunIds: [...thread.openRunIds, event.runId],
      };
    }
    default: {
      // Nearly always the newest run; search from the end.
      const index = thread.runs.findLastIndex((run) => run.runId === event.runId);
      if (index < 0) return thread;
      const before = thread.runs[index] as RunView;
      const after = advanceRunView(before, event);
      if (after === before) return thread;
      const runs = thread.runs.slice();
      runs[index] = after;
      const ended = event.type === "agent_completed";
      return {
        ...thread,
        runs,
        updatedAt: event.at,
        openRunIds: ended ? thread.openRunIds.filter((runId) => runId !== event.runId) : thread.openRunIds,
      };
    }
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
