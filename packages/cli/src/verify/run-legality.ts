/**
 * What may follow what in a run, as a table of our own: the server refuses illegal events by its table, so one that is
 * wrong could not show by it. Says nothing of sequences.
 */

export type EventType =
  | "message_accepted"
  | "agent_started"
  | "agent_thinking"
  | "agent_delta"
  | "tool_executing"
  | "tool_completed"
  | "approval_requested"
  | "approval_answered"
  | "run_stop_requested"
  | "run_resumed"
  | "quality_verdict"
  | "agent_completed";

type Phase = "absent" | "queued" | "withdrawn" | "running" | "stopping" | "ended";

const next: Readonly<Record<EventType, Readonly<Partial<Record<Phase, Phase>>>>> = {
  message_accepted: { absent: "queued" },
  agent_started: { queued: "running", withdrawn: "stopping" },
  agent_thinking: { running: "running" },
  agent_delta: { running: "running", stopping: "stopping" },
  tool_executing: { running: "running" },
  tool_completed: { running: "running", stopping: "stopping" },
  approval_requested: { running: "running" },
  approval_answered: { running: "running" },
  run_stop_requested: { queued: "withdrawn", running: "stopping" },
  run_resumed: { running: "running", stopping: "stopping" },
  quality_verdict: { running: "running", stopping: "stopping" },
  agent_completed: { running: "ended", stopping: "ended" },
};

type CallPhase = "absent" | "asked" | "approve" | "deny" | "executing" | "refused" | "completed";

const callNext: Readonly<Record<string, Readonly<Partial<Record<CallPhase, CallPhase>>>>> = {
  approval_requested: { absent: "asked" },
  "approval_answered approve": { asked: "approve" },
  "approval_answered deny": { asked: "deny" },
  tool_executing: { absent: "executing", approve: "executing", deny: "refused" },
  "tool_completed denied": { executing: "completed", refused: "completed" },
  tool_completed: { executing: "completed" },
};

export function isRunEvent(type: string): type is EventType {
  return Object.hasOwn(next, type);
}

/** One run, as one device sees it. */
export class RunLegality {
  #phase: Phase = "absent";
  readonly #calls = new Map<string, CallPhase>();

  /** What is illegal about an event; undefined when nothing is. */
  advance(type: EventType, data: Readonly<Record<string, unknown>>): string | undefined {
    const phase = next[type][this.#phase];
    if (phase === undefined) return `${type} while the run is ${this.#phase}`;
    if (type === "agent_completed") {
      const open = [...this.#calls].find(([, call]) => call === "executing" || call === "refused");
      if (open !== undefined) return `agent_completed while ${open[0]} is ${open[1]}`;
    }
    this.#phase = phase;
    return typeof data.callId === "string" ? this.#advanceCall(type, data.callId, data) : undefined;
  }

  #advanceCall(type: string, callId: string, data: Readonly<Record<string, unknown>>): string | undefined {
    const before = this.#calls.get(callId) ?? "absent";
    const exact = `${type} ${data.decision ?? data.outcome ?? ""}`.trim();
    const after = (callNext[exact] ?? callNext[type])?.[before];
    if (after === undefined) return `${exact} while ${callId} is ${before}`;
    this.#calls.set(callId, after);
    return undefined;
  }
}
