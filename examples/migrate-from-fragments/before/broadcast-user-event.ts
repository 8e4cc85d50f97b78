import { ConnectionManager } from "./connection-manager.ts";
import type { Event } from "./message.ts";

/** The third broadcaster: keeps what cannot be sent now. */
export async function broadcastUserEvent(event: Event, userId: string): Promise<void> {
  const manager = ConnectionManager.getInstance();
  const reached = await manager.sendToUser(userId, event);
  if (reached === 0) manager.enqueue(userId, event);
}
