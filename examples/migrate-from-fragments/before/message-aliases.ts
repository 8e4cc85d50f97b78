import type { Message } from "./message.ts";

/** Names that clients have used over the years, and the name that the routes know. */
const messageAliases: Readonly<Record<string, string>> = {
  chat_message: "user_message",
  agent_request: "user_message",
  execute_agent: "start_agent",
  start_agent: "user_message",
  stop_processing: "stop_agent",
  heartbeat: "ping",
};

export function normalizeMessage(message: Message): Message {
  return { ...message, type: messageAliases[message.type] ?? message.type };
}
