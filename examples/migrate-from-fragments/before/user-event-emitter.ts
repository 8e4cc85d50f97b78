import { EventRouter } from "./event-router.ts";
import type { Event } from "./message.ts";
import type { RunRequest } from "./run-request.ts";

/** The second broadcaster: bound to one user, so that no event can reach another. */
export class UserEventEmitter {
  readonly #userId: string;

  constructor(userId: string) {
    this.#userId = userId;
  }

  static forRun(run: RunRequest): UserEventEmitter {
    return new UserEventEmitter(run.userId ?? run.threadId);
  }

  emit(event: Event): Promise<boolean> {
    return EventRouter.getInstance().broadcastToUser(this.#userId, event);
  }
}
