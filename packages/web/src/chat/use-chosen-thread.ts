import { parseThreadId, type ThreadId } from "@throughline/protocol";
import { useCallback, useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

/** The thread that the address names, so that reload, back and a second tab show the same one. */
export function useChosenThread(): [ThreadId | undefined, (threadId: ThreadId | undefined) => void] {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const choose = useCallback((threadId: ThreadId | undefined) => {
    location.hash = threadId ?? "";
  }, []);
  return [parseThreadId(hash.slice(1)), choose];
}
