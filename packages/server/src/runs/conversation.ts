import {
  advanceThreadView,
  type RunId,
  type RunView,
  runText,
  type ThreadId,
  type ThreadView,
  type ToolCallView,
  type UserId,
} from "@throughline/protocol";
import type { Log } from "../log/log.ts";
import { readFeed } from "../log/read-feed.ts";
import type { ToolResult } from "../tools/tool.ts";
import type { ConversationMessage } from "./agent.ts";

/** What was said in a thread before a run: at most the newest `messagesMax` messages, beginning with a person's. */
export async function readConversation(
  log: Log,
  run: { readonly feed: UserId; readonly threadId: ThreadId; readonly runId: RunId },
  messagesMax: number,
): Promise<readonly ConversationMessage[]> {
  let thread: ThreadView | undefined;
  for await (const events of readFeed(log, run.feed, 0)) {
    for (const stored of events) {
      // The id is looked for in the text first: most events of a feed belong to other threads.
      if (!stored.text.includes(run.threadId) || stored.event.threadId !== run.threadId) continue;
      thread = advanceThreadView(thread, stored.event);
    }
  }
  const before = thread?.runs ?? [];
  const index = before.findIndex((candidate) => candidate.runId === run.runId);
  const messages = before.slice(0, index < 0 ? before.length : index).flatMap(messagesOfRun);
  const newest = messages.slice(-messagesMax);
  const first = newest.findIndex((message) => message.role === "user");
  return first < 0 ? [] : newest.slice(first);
}

function messagesOfRun(run: RunView): ConversationMessage[] {
  const messages: ConversationMessage[] = [{ role: "user", text: run.text }];
  for (const step of run.steps) {
    const calls = step.calls.flatMap((call) => {
      const result = resultOf(call);
      return result === undefined ? [] : [{ call, result }];
    });
    if (calls.length === 0) continue;
    const toolCalls = calls.map(({ call }) => ({ callId: call.callId, tool: call.tool, input: call.input }));
    messages.push({ role: "assistant", text: "", toolCalls });
    for (const { call, result } of calls) {
      messages.push({ role: "tool", callId: call.callId, tool: call.tool, result });
    }
  }
  const text = runText(run);
  if (text !== "") messages.push({ role: "assistant", text, toolCalls: [] });
  return messages;
}

function resultOf(call: ToolCallView): ToolResult | undefined {
  if (call.state === "completed") return { outcome: "completed", output: call.output ?? null };
  if (
    call.error === undefined ||
    call.state === "approval" ||
    call.state === "approved" ||
    call.state === "executing"
  ) {
    return undefined;
  }
  return { outcome: call.state, error: call.error };
}
