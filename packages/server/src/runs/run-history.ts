import {
  type CallId,
  type EventData,
  type JsonValue,
  type MessageId,
  type RunId,
  type UserId,
  withPiece,
} from "@throughline/protocol";
import { localTenant, type TenantId } from "../base/identity.ts";
import type { Log } from "../log/log.ts";
import { readFeed } from "../log/read-feed.ts";
import type { StoredEvent } from "../log/stored-event.ts";
import type { ToolResult } from "../tools/tool.ts";
import { callDigest, type RecordedCall } from "../tools/tool-scope.ts";

/** The private part of the delta that closes a recorded step. */
export interface StepRecord {
  readonly result: JsonValue;
}

/** A recorded step: what it returned, and the text that it had written. */
export interface RecordedStep extends StepRecord {
  readonly text: string;
}

interface CallHistory {
  readonly callId: CallId;
  readonly tool: string;
  readonly digest: string;
  approval: { readonly expiresAt: number; decision: "approve" | "deny" | undefined } | undefined;
  executing: boolean;
  result: ToolResult | undefined;
}

/** What earlier attempts of a run have left in the feed: everything that recovery knows. */
export interface RunHistory {
  readonly message: { readonly messageId: MessageId; readonly text: string };
  /** The tenant of the user when the message was sent. */
  readonly tenantId: TenantId;
  /** Name of the agent that began it; undefined when nobody has. */
  readonly agent: string | undefined;
  /** Attempts so far; 0 when it was not begun. */
  readonly attempts: number;
  readonly stopRequested: boolean;
  readonly records: ReadonlyMap<number, RecordedStep>;
  /** Text of each step that devices show now. */
  readonly texts: ReadonlyMap<number, string>;
  /** Verdicts by their round. */
  readonly verdicts: ReadonlyMap<number, EventData["quality_verdict"]>;
  /** Calls by their place. */
  readonly calls: ReadonlyMap<string, RecordedCall>;
  /** Sequence up to which this was read. */
  readonly head: number;
}

/** Reads the events of a run from its `message_accepted`, whose sequence is `from`. */
export async function readRunHistory(log: Log, feed: UserId, runId: RunId, from: number): Promise<RunHistory> {
  const fold = new HistoryFold();
  let position = from - 1;
  for await (const events of readFeed(log, feed, position)) {
    for (const stored of events) {
      // The id is looked for in the text first: most events of a busy feed belong to other runs.
      if (stored.text.includes(runId) && stored.event.runId === runId) fold.add(stored);
      position = stored.lastSequence;
    }
  }
  return fold.history(position);
}

/** The first step without a record: what was written from there on is void when the run is taken over. */
export function firstOpenStep(history: RunHistory): number {
  let step = 1;
  while (history.records.has(step)) step += 1;
  return step;
}

class HistoryFold {
  #message: RunHistory["message"] | undefined;
  #tenantId = localTenant;
  #agent: string | undefined;
  #attempts = 0;
  #stopRequested = false;
  readonly #records = new Map<number, RecordedStep>();
  readonly #texts = new Map<number, string>();
  readonly #verdicts = new Map<number, EventData["quality_verdict"]>();
  readonly #calls = new Map<string, CallHistory>();
  readonly #places = new Map<CallId, CallHistory>();

  add(stored: StoredEvent): void {
    const { event } = stored;
    switch (event.type) {
      case "message_accepted":
        this.#message = { messageId: event.data.messageId, text: event.data.text };
        this.#tenantId = (stored.private as { tenant: TenantId } | undefined)?.tenant ?? localTenant;
        break;
      case "agent_started":
        this.#agent = event.data.agent;
        this.#attempts = 1;
        break;
      case "run_resumed":
        this.#attempts = event.data.attempt;
        for (const step of this.#texts.keys()) if (step >= event.data.step) this.#texts.delete(step);
        break;
      case "run_stop_requested":
        this.#stopRequested = true;
        break;
      case "agent_delta": {
        const { step, offset, text } = event.data;
        const whole = withPiece(this.#texts.get(step) ?? "", offset, text);
        this.#texts.set(step, whole);
        const record = stored.private as StepRecord | undefined;
        if (record !== undefined) this.#records.set(step, { ...record, text: whole });
        break;
      }
      case "quality_verdict":
        this.#verdicts.set(event.data.round, event.data);
        break;
      case "approval_requested":
        this.#call(stored, event.data).approval = {
          expiresAt: Date.parse(event.data.expiresAt),
          decision: undefined,
        };
        break;
      case "approval_answered": {
        const approval = this.#places.get(event.data.callId)?.approval;
        if (approval !== undefined) approval.decision = event.data.decision;
        break;
      }
      case "tool_executing":
        this.#call(stored, event.data).executing = true;
        break;
      case "tool_completed": {
        const call = this.#places.get(event.data.callId);
        if (call !== undefined) call.result = toolResult(event.data);
        break;
      }
    }
  }

  history(head: number): RunHistory {
    if (this.#message === undefined) throw new Error("unable to read a run's history; its message is not there");
    return {
      message: this.#message,
      tenantId: this.#tenantId,
      agent: this.#agent,
      attempts: this.#attempts,
      stopRequested: this.#stopRequested,
      records: this.#records,
      texts: this.#texts,
      verdicts: this.#verdicts,
      calls: this.#calls,
      head,
    };
  }

  #call(stored: StoredEvent, data: { callId: CallId; tool: string; input: JsonValue }): CallHistory {
    const known = this.#places.get(data.callId);
    if (known !== undefined) return known;
    const call: CallHistory = {
      callId: data.callId,
      tool: data.tool,
      digest: callDigest(data.tool, data.input),
      approval: undefined,
      executing: false,
      result: undefined,
    };
    this.#places.set(data.callId, call);
    const { call: place } = stored.private as { call: string };
    this.#calls.set(place, call);
    return call;
  }
}

function toolResult(data: EventData["tool_completed"]): ToolResult {
  if (data.outcome === "completed") return { outcome: "completed", output: data.output ?? null };
  return { outcome: data.outcome, error: data.error ?? { code: "outcome_unknown", message: "" } };
}
