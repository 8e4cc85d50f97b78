import type { OutboxEntry } from "@throughline/client";
import type { ThreadId } from "@throughline/protocol";

/** Messages of a thread (undefined: of none yet) that the server has not taken yet. */
export function pendingMessages(
  unsent: readonly OutboxEntry[],
  threadId: ThreadId | undefined,
): readonly OutboxEntry<"message.send">[] {
  return unsent.filter((entry): entry is OutboxEntry<"message.send"> => {
    return entry.type === "message.send" && (entry as OutboxEntry<"message.send">).data.threadId === threadId;
  });
}
