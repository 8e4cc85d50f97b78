import type { ThreadId } from "@throughline/protocol";
import { useMemo, useSyncExternalStore } from "react";
import type { ThreadState, ThreadsState, Watch } from "../watch.ts";
import { useClient } from "./client-context.ts";

const nothing: Watch<undefined> = { getSnapshot: () => undefined, subscribe: () => () => undefined };

/** The user's threads, newest first, kept up to date. */
export function useThreads(): ThreadsState {
  const client = useClient();
  const watch = useMemo(() => client.watchThreads(), [client]);
  return useSyncExternalStore(watch.subscribe, watch.getSnapshot, watch.getSnapshot);
}

/** One thread, kept up to date; undefined while no thread is chosen. */
export function useThread(threadId: ThreadId | undefined): ThreadState | undefined {
  const client = useClient();
  const watch: Watch<ThreadState | undefined> = useMemo(
    () => (threadId === undefined ? nothing : client.watchThread(threadId)),
    [client, threadId],
  );
  return useSyncExternalStore(watch.subscribe, watch.getSnapshot, watch.getSnapshot);
}
