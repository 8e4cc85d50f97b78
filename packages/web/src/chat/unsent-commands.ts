import type { OutboxEntry } from "@throughline/client";
import type { CommandType, ThreadId } from "@throughline/protocol";

/** Commands of one type that the server has not answered yet, oldest first. */
export function unsentCommands<Type extends CommandType>(
  unsent: readonly OutboxEntry[],
  type: Type,
): readonly OutboxEntry<Type>[] {
  return unsent.filter((entry): entry is OutboxEntry<Type> => entry.type === type);
}

/** Messages of a thread that the server has not taken yet; `undefined`: those that will begin one. */
export function unsentMessages(
  unsent: readonly OutboxEntry[],
  threadId: ThreadId | undefined,
): readonly OutboxEntry<"message.send">[] {
  return unsentCommands(unsent, "message.send").filter(({ data }) => data.threadId === threadId);
}
