import type { ThreadId } from "@throughline/protocol";
import { CodedError } from "../base/coded-error.ts";
import type { FeedState } from "../log/feed-state.ts";
import type { NewEvent } from "../log/stored-event.ts";
import type { Route, RouteContext } from "./route.ts";
import { stopRequests } from "./run-stop.ts";

type Place = { readonly threadId: ThreadId; readonly events: readonly NewEvent[] } | { readonly refusal: CodedError };

/** A new thread, or the refusal when the user has as many as there may be. */
export function createdThread(state: FeedState, title: string | undefined, { ids, limits }: RouteContext): Place {
  let threads = 0;
  for (const thread of state.threads.values()) if (!thread.deleted) threads += 1;
  if (threads >= limits.threadsPerUserMax) {
    const reason = `unable to create a thread; ${threads} threads reach threadsPerUserMax ${limits.threadsPerUserMax}`;
    return { refusal: new CodedError("conflict", reason) };
  }
  const threadId = ids.threadId();
  return { threadId, events: [{ type: "thread_created", threadId, data: title === undefined ? {} : { title } }] };
}

/** A thread of this feed that was not deleted. A thread of another feed looks like one that never was. */
export function openThread(state: FeedState, threadId: ThreadId): Place {
  const thread = state.threads.get(threadId);
  if (thread === undefined || thread.deleted) {
    return { refusal: new CodedError("not_found", `unable to find thread ${threadId}`) };
  }
  return { threadId, events: [] };
}

export const threadCreate: Route<"thread.create"> = {
  type: "thread.create",
  owner: "router/thread-routes",
  permission: "threads.write",
  decide(state, { title }, context) {
    const place = createdThread(state, title, context);
    return "refusal" in place ? place : { events: place.events, reply: { threadId: place.threadId } };
  },
};

export const threadRename: Route<"thread.rename"> = {
  type: "thread.rename",
  owner: "router/thread-routes",
  permission: "threads.write",
  decide(state, { threadId, title }) {
    const place = openThread(state, threadId);
    if ("refusal" in place) return place;
    return { events: [{ type: "thread_renamed", threadId, data: { title } }], reply: { threadId, title } };
  },
};

/** Stops the thread's runs and hides it; compaction then removes what it held. */
export const threadDelete: Route<"thread.delete"> = {
  type: "thread.delete",
  owner: "router/thread-routes",
  permission: "threads.write",
  decide(state, { threadId }) {
    const place = openThread(state, threadId);
    if ("refusal" in place) return place;
    const stops = stopRequests(state, state.threads.get(threadId)?.openRuns ?? []);
    return { events: [...stops, { type: "thread_deleted", threadId, data: {} }], reply: { threadId } };
  },
};
