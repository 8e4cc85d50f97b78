import { ConnectionManager } from "./connection-manager.ts";
import type { Event } from "./message.ts";

/** The first broadcaster: best effort, for everything that is not essential. One for the process. */
export class EventRouter {
  static #instance: EventRouter | undefined;

  static getInstance(): EventRouter {
    EventRouter.#instance ??= new EventRouter();
    return EventRouter.#instance;
  }

  async broadcastToUser(userId: string, event: Event): Promise<boolean> {
    try {
      await ConnectionManager.getInstance().sendToUser(userId, event);
    } catch {
      // A closing tab must not stop an agent.
    }
    return true;
  }
}
