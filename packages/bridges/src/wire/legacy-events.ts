import type { Event, EventOf, RunId, RunView, ThreadView } from "@throughline/protocol";
import type { LegacyMessage } from "./legacy-message.ts";

/** A message of the old format, before it is stamped. */
export type LegacyReply = Omit<LegacyMessage, "timestamp"> & { readonly timestamp?: string };

/**
 * Events of one connection as old clients read them. It remembers only of which runs it has told everything: old clients put
 * pieces one behind the other, so of a run that began before, or was taken over, they get the whole answer at its end instead.
 */
export class LegacyEvents {
  readonly #toldWhole = new Set<RunId>();

  /** In order; empty for what the old format has no word for. */
  translate(event: Event): readonly LegacyReply[] {
    const place = placeOf(event);
    switch (event.type) {
      case "agent_started": {
        this.#toldWhole.add(event.runId);
        const { agent } = event.data;
        const payload = {
          agent_id: agent,
          agent_type: agent,
          agent_name: agent,
          run_id: event.runId,
          status: "started",
        };
        return [{ ...place, type: "agent_started", payload }];
      }
      case "agent_thinking": {
        const { step, text = "" } = event.data;
        // How many there will be nobody knows before the end.
        const payload = { thought: text, reasoning: text, step_number: step, total_steps: null };
        return [{ ...place, type: "agent_thinking", payload }];
      }
      case "agent_delta": {
        const { step, offset, text } = event.data;
        if (text === "" || !this.#toldWhole.has(event.runId)) return [];
        return [{ ...place, type: "stream_chunk", payload: { content: text, step_number: step, offset } }];
      }
      case "tool_executing": {
        const { tool, input, callId } = event.data;
        const payload = { tool_name: tool, parameters: input, call_id: callId, status: "executing" };
        return [{ ...place, type: "tool_executing", payload }];
      }
      case "tool_completed": {
        const { tool, output, error, outcome, durationMs, callId } = event.data;
        const payload = {
          ...{ tool_name: tool, result: output ?? null, execution_time_ms: durationMs, call_id: callId },
          ...{ status: outcome, success: outcome === "completed", ...(error && { error: error.message }) },
        };
        return [{ ...place, type: "tool_completed", payload }];
      }
      case "agent_completed":
        this.#toldWhole.delete(event.runId);
        return ending(event);
      case "run_resumed":
        this.#toldWhole.delete(event.runId);
        return [];
      case "thread_created":
        return [
          { ...place, type: "thread_created", payload: { thread_id: event.threadId, title: event.data.title ?? "" } },
        ];
      case "thread_renamed":
        return [{ ...place, type: "thread_renamed", payload: { thread_id: event.threadId, title: event.data.title } }];
      case "thread_deleted":
        return [{ ...place, type: "thread_deleted", payload: { thread_id: event.threadId } }];
      case "quality_alert":
        return [{ ...place, type: "quality_alert", payload: { ...event.data } }];
      case "quality_update":
        return [{ ...place, type: "quality_update", payload: { ...event.data } }];
      default:
        return [];
    }
  }
}

/**
 * A run that failed says so three times, because old clients look for it in different places. What stands for the end of the run comes
 * last: behind it nothing of the run is sent.
 */
function ending(event: EventOf<"agent_completed">): readonly LegacyReply[] {
  const { outcome, message, error, usage } = event.data;
  const place = placeOf(event);
  const text = message?.text ?? "";
  const payload = {
    ...{ status: outcome, result: text, final_response: text, run_id: event.runId },
    ...(error && { error: error.message, error_code: error.code }),
    ...(usage && { usage }),
  };
  const replies: LegacyReply[] = [];
  if (text !== "")
    replies.push({ ...place, type: "agent_response", payload: { content: text, message: text, status: outcome } });
  if (outcome === "failed") {
    const failure = { code: error?.code ?? "agent_failed", message: error?.message ?? "the agent failed" };
    replies.push({ ...place, type: "agent_error", payload: { error: failure.message, error_code: failure.code } });
    replies.push({ ...place, type: "error", payload: failure });
  }
  return [...replies, { ...place, type: "agent_completed", payload }];
}

/** The thread as old clients list messages: each run is a question and, once it has ended, its answer. */
export function historyPayload(thread: ThreadView, limit: number): Readonly<Record<string, unknown>> {
  return {
    thread_id: thread.threadId,
    title: thread.title ?? "",
    messages: thread.runs.slice(-limit).flatMap(messagesOf),
  };
}

function messagesOf(run: RunView): readonly Readonly<Record<string, unknown>>[] {
  const question = {
    message_id: run.messageId,
    role: "user",
    content: run.text,
    timestamp: run.acceptedAt,
    run_id: run.runId,
  };
  if (run.answer === undefined && run.error === undefined) return [question];
  return [
    question,
    {
      message_id: run.answer?.messageId ?? null,
      role: "assistant",
      content: run.answer?.text ?? "",
      status: run.state,
      ...(run.error && { error: run.error.message }),
      timestamp: run.endedAt,
      run_id: run.runId,
    },
  ];
}

function placeOf(event: Event) {
  return {
    timestamp: event.at,
    ...(event.threadId !== undefined && { thread_id: event.threadId }),
    ...(event.runId !== undefined && { run_id: event.runId }),
  };
}
