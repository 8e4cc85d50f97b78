import { useClient } from "@throughline/client/react";
import type { RunId, ThreadId } from "@throughline/protocol";
import { useCallback, useEffect, useRef, useState } from "react";

/** A conversation whose first message is on its way, or has just arrived and is about to be shown. */
export interface Beginning {
  readonly text: string;
  /** Undefined until the server has taken the message. */
  readonly begun: { readonly threadId: ThreadId; readonly runId: RunId } | undefined;
}

/**
 * Begins conversations. `onBegun` comes when the server has taken the first message, unless the person has gone to another
 * thread by then. A conversation that was left is forgotten.
 */
export function useBeginning(
  threadId: ThreadId | undefined,
  onBegun: (threadId: ThreadId) => void,
): [Beginning | undefined, (text: string) => Promise<unknown>] {
  const client = useClient();
  const [beginning, setBeginning] = useState<Beginning>();
  const shown = useRef(threadId);

  useEffect(() => {
    shown.current = threadId;
    if (threadId === undefined) return;
    return () => setBeginning((current) => (current?.begun?.threadId === threadId ? undefined : current));
  }, [threadId]);

  const begin = useCallback(
    async (text: string) => {
      setBeginning({ text, begun: undefined });
      try {
        const begun = await client.send({ text }).reply;
        const stays = shown.current === undefined;
        setBeginning(stays ? { text, begun } : undefined);
        if (stays) onBegun(begun.threadId);
      } catch (error) {
        setBeginning(undefined);
        throw error;
      }
    },
    [client, onBegun],
  );
  return [beginning, begin];
}
