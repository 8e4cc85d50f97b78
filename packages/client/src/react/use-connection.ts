import { useCallback, useSyncExternalStore } from "react";
import type { ConnectionStatus } from "../connection-status.ts";
import type { OutboxEntry } from "../outbox.ts";
import { useClient } from "./client-context.ts";

/** How the connection stands now. */
export function useConnection(): ConnectionStatus {
  const client = useClient();
  const subscribe = useCallback((listener: () => void) => client.onStatus(listener), [client]);
  const read = () => client.status;
  return useSyncExternalStore(subscribe, read, read);
}

/** Commands that the server has not answered yet. */
export function useUnsent(): readonly OutboxEntry[] {
  const client = useClient();
  const subscribe = useCallback((listener: () => void) => client.onUnsent(listener), [client]);
  const read = () => client.unsent;
  return useSyncExternalStore(subscribe, read, read);
}
