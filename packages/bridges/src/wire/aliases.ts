/** Grows with every change of the table, so that a client's support can say by which one a message was read. */
export const aliasVersion = 1;

/**
 * Other names of a type, applied once, where a message comes in. A canonical name is never an alias, and an alias leads to a
 * canonical name, so nothing is re-typed twice and no message is read as what it was not sent as.
 */
const aliases: Readonly<Record<string, string>> = {
  chat: "user_message",
  chat_message: "user_message",
  agent_request: "start_agent",
  stop_processing: "stop_agent",
  get_conversation_history: "get_thread_history",
};

export function canonicalType(type: string): string {
  return Object.hasOwn(aliases, type) ? (aliases[type] as string) : type;
}
