import type { CommandData, ThreadId } from "@throughline/protocol";
import { CodedError } from "../base/coded-error.ts";
import type { FeedState } from "../log/feed-state.ts";
import type { NewEvent } from "../log/stored-event.ts";
import type { Route, RouteContext } from "./route.ts";
import { stopRequests } from "./run-stop.ts";
import { createdThread, openThread } from "./thread-routes.ts";

/** Stores a person's message and opens the run that answers it, in one append. */
export const messageSend: Route<"message.send"> = {
  type: "message.send",
  owner: "router/message-send",
  permission: "messages.write",
  decide(state, data, context) {
    const place =
      data.threadId === undefined ? createdThread(state, undefined, context) : openThread(state, data.threadId);
    if ("refusal" in place) return place;
    const { threadId } = place;
    const busy = makeRoom(state, threadId, data, context);
    if ("refusal" in busy) return busy;
    const messageId = context.ids.messageId();
    const runId = context.ids.runId();
    const before: readonly NewEvent[] = [...place.events, ...busy.events];
    return {
      events: [
        ...before,
        {
          type: "message_accepted",
          threadId,
          runId,
          data: { messageId, commandId: context.commandId, text: data.text },
          private: { tenant: context.tenantId },
        },
      ],
      reply: { messageId, threadId, runId, sequence: state.head + before.length + 1 },
    };
  },
};

/** What has to happen to the runs that the thread still has. */
function makeRoom(
  state: FeedState,
  threadId: ThreadId,
  data: CommandData["message.send"],
  { limits }: RouteContext,
): { readonly events: readonly NewEvent[] } | { readonly refusal: CodedError } {
  const open = state.threads.get(threadId)?.openRuns ?? [];
  if (open.length === 0) return { events: [] };
  if (data.onBusy === "reject") {
    return {
      refusal: new CodedError("busy", `unable to message.send; thread ${threadId} has a run that has not ended`),
    };
  }
  if (open.length > limits.queuedRunsPerThreadMax) {
    return {
      refusal: new CodedError(
        "busy",
        `unable to message.send; queuedRunsPerThreadMax ${limits.queuedRunsPerThreadMax} messages wait in thread ${threadId}`,
      ),
    };
  }
  return { events: data.onBusy === "interrupt" ? stopRequests(state, open) : [] };
}
