import type { EventData, UserEventType, UserId } from "@throughline/protocol";
import type { Feeds } from "./feeds.ts";

/** An event about a user, of no thread. */
export type UserNotice = {
  [Type in UserEventType]: { readonly type: Type; readonly data: EventData[Type] };
}[UserEventType];

/** Appends it once, however often it is asked for with the same key. Rejects when nobody can know whether it was. */
export async function appendNotice(feeds: Feeds, userId: UserId, key: string, event: UserNotice): Promise<void> {
  const result = await feeds.transact(userId, { key: { id: key, fingerprint: "" } }, () => ({ events: [event] }));
  if (result.kind !== "appended" && result.kind !== "duplicate") {
    throw new Error(`unable to append ${event.type}; the append was ${result.kind}`);
  }
}
