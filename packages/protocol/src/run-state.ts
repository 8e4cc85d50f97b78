/**
 * The one state table of runs and tool calls. The server refuses an append that it calls illegal, and every test and
 * client judges histories by it. A forgotten pair does not compile.
 */
import type { ApprovalDecision, Event, RunEventType, RunOutcome, ToolOutcome } from "./events.ts";
import type { CallId, RunId } from "./ids.ts";

/**
 * `absent`: never seen. `queued`: accepted, not begun. `withdrawn`: stop was asked for before it began.
 * `running`. `stopping`: stop was asked for while it ran. `ended`: `agent_completed` is stored.
 */
export type RunPhase = "absent" | "queued" | "withdrawn" | "running" | "stopping" | "ended";

type Next = RunPhase | "illegal";

export const runTable: Readonly<Record<RunPhase, Readonly<Record<RunEventType, Next>>>> = {
  absent: {
    message_accepted: "queued",
    agent_started: "illegal",
    agent_thinking: "illegal",
    agent_delta: "illegal",
    tool_executing: "illegal",
    tool_completed: "illegal",
    approval_requested: "illegal",
    approval_answered: "illegal",
    run_stop_requested: "illegal",
    run_resumed: "illegal",
    quality_verdict: "illegal",
    agent_completed: "illegal",
  },
  queued: {
    message_accepted: "illegal",
    agent_started: "running",
    agent_thinking: "illegal",
    agent_delta: "illegal",
    tool_executing: "illegal",
    tool_completed: "illegal",
    approval_requested: "illegal",
    approval_answered: "illegal",
    run_stop_requested: "withdrawn",
    run_resumed: "illegal",
    quality_verdict: "illegal",
    agent_completed: "illegal",
  },
  withdrawn: {
    message_accepted: "illegal",
    agent_started: "stopping",
    agent_thinking: "illegal",
    agent_delta: "illegal",
    tool_executing: "illegal",
    tool_completed: "illegal",
    approval_requested: "illegal",
    approval_answered: "illegal",
    run_stop_requested: "illegal",
    run_resumed: "illegal",
    quality_verdict: "illegal",
    agent_completed: "illegal",
  },
  running: {
    message_accepted: "illegal",
    agent_started: "illegal",
    agent_thinking: "running",
    agent_delta: "running",
    tool_executing: "running",
    tool_completed: "running",
    approval_requested: "running",
    approval_answered: "running",
    run_stop_requested: "stopping",
    run_resumed: "running",
    quality_verdict: "running",
    agent_completed: "ended",
  },
  // No new model step and no new tool call once stop is durable; what runs may still report how it ended.
  stopping: {
    message_accepted: "illegal",
    agent_started: "illegal",
    agent_thinking: "illegal",
    agent_delta: "stopping",
    tool_executing: "illegal",
    tool_completed: "stopping",
    approval_requested: "illegal",
    approval_answered: "illegal",
    run_stop_requested: "illegal",
    run_resumed: "stopping",
    quality_verdict: "stopping",
    agent_completed: "ended",
  },
  ended: {
    message_accepted: "illegal",
    agent_started: "illegal",
    agent_thinking: "illegal",
    agent_delta: "illegal",
    tool_executing: "illegal",
    tool_completed: "illegal",
    approval_requested: "illegal",
    approval_answered: "illegal",
    run_stop_requested: "illegal",
    run_resumed: "illegal",
    quality_verdict: "illegal",
    agent_completed: "illegal",
  },
};

/** `asked`: approval requested. `refused`: it was denied, so the call may only end as denied. */
export type CallPhase = "absent" | "asked" | "approved" | "denied" | "executing" | "refused" | "completed";
type CallEventType = "approval_requested" | "approval_answered" | "tool_executing" | "tool_completed";

/** The event of the second key, split by the decision or outcome that matters. */
type CallStep = "approval_requested" | "approve" | "deny" | "tool_executing" | "completed_denied" | "completed_other";

export const callTable: Readonly<Record<CallPhase, Readonly<Record<CallStep, CallPhase | "illegal">>>> = {
  absent: {
    approval_requested: "asked",
    approve: "illegal",
    deny: "illegal",
    tool_executing: "executing",
    completed_denied: "illegal",
    completed_other: "illegal",
  },
  asked: {
    approval_requested: "illegal",
    approve: "approved",
    deny: "denied",
    tool_executing: "illegal",
    completed_denied: "illegal",
    completed_other: "illegal",
  },
  approved: {
    approval_requested: "illegal",
    approve: "illegal",
    deny: "illegal",
    tool_executing: "executing",
    completed_denied: "illegal",
    completed_other: "illegal",
  },
  denied: {
    approval_requested: "illegal",
    approve: "illegal",
    deny: "illegal",
    tool_executing: "refused",
    completed_denied: "illegal",
    completed_other: "illegal",
  },
  executing: {
    approval_requested: "illegal",
    approve: "illegal",
    deny: "illegal",
    tool_executing: "illegal",
    completed_denied: "completed",
    completed_other: "completed",
  },
  refused: {
    approval_requested: "illegal",
    approve: "illegal",
    deny: "illegal",
    tool_executing: "illegal",
    completed_denied: "completed",
    completed_other: "illegal",
  },
  completed: {
    approval_requested: "illegal",
    approve: "illegal",
    deny: "illegal",
    tool_executing: "illegal",
    completed_denied: "illegal",
    completed_other: "illegal",
  },
};

/** What the table needs to know of one run. Advanced only by `advanceRun`. */
export interface RunState {
  readonly runId: RunId;
  phase: RunPhase;
  outcome: RunOutcome | undefined;
  /** Phase of each call of the run; emptied when the run ends. */
  readonly calls: Map<CallId, CallPhase>;
}

export function newRunState(runId: RunId): RunState {
  return { runId, phase: "absent", outcome: undefined, calls: new Map() };
}

function callStep(type: CallEventType, data: { decision?: ApprovalDecision; outcome?: ToolOutcome }): CallStep {
  if (type === "approval_answered") return data.decision === "approve" ? "approve" : "deny";
  if (type === "tool_completed") return data.outcome === "denied" ? "completed_denied" : "completed_other";
  return type;
}

function isCallEvent(type: RunEventType): type is CallEventType {
  return (
    type === "tool_executing" ||
    type === "tool_completed" ||
    type === "approval_requested" ||
    type === "approval_answered"
  );
}

/** The part of an event that the table looks at. */
export interface RunTransition {
  readonly type: RunEventType;
  readonly data: Event["data"];
}

/** Why an event may not follow in `state`: "unable to <event>; <reason>"; undefined when it may. Changes nothing. */
export function runRefusal(state: RunState, event: RunTransition): string | undefined {
  const phase = runTable[state.phase][event.type];
  if (phase === "illegal") return `unable to append ${event.type}; run ${state.runId} is ${state.phase}`;
  if (isCallEvent(event.type)) {
    const { before, after, callId } = callTransition(state, event.type, event.data);
    if (after === "illegal") return `unable to append ${event.type}; call ${callId} is ${before}`;
  }
  if (phase !== "ended") return undefined;
  for (const [callId, call] of state.calls) {
    if (call === "executing" || call === "refused") {
      return `unable to append agent_completed; call ${callId} has no tool_completed`;
    }
  }
  return undefined;
}

/** Advances `state` by one event of its run, or leaves it untouched and says why the event is illegal. */
export function advanceRun(state: RunState, event: RunTransition): string | undefined {
  const refusal = runRefusal(state, event);
  if (refusal !== undefined) return refusal;
  if (isCallEvent(event.type)) {
    const { after, callId } = callTransition(state, event.type, event.data);
    state.calls.set(callId, after as CallPhase);
  }
  state.phase = runTable[state.phase][event.type] as RunPhase;
  if (state.phase === "ended") {
    state.outcome = (event.data as { outcome: RunOutcome }).outcome;
    state.calls.clear();
  }
  return undefined;
}

function callTransition(state: RunState, type: CallEventType, given: Event["data"]) {
  const data = given as { callId: CallId; decision?: ApprovalDecision; outcome?: ToolOutcome };
  const before = state.calls.get(data.callId) ?? "absent";
  return { callId: data.callId, before, after: callTable[before][callStep(type, data)] };
}
