import type { Assistant } from "./assistant.ts";
import type { Connection } from "./connection.ts";
import { type Message, textOf } from "./message.ts";
import type { MessageHandler } from "./message-handler.ts";

const chatTypes = new Set(["chat", "user_message"]);

/** Answers chat messages on the connection that it was made for. */
export class ChatHandler implements MessageHandler {
  readonly priority = 10;
  readonly #connection: Connection;
  readonly #assistant: Assistant;

  constructor(connection: Connection, assistant: Assistant) {
    this.#connection = connection;
    this.#assistant = assistant;
  }

  canHandle(type: string): boolean {
    return chatTypes.has(type);
  }

  async handleMessage(_userId: string, message: Message): Promise<void> {
    const content = await this.#assistant(textOf(message, "content"));
    await this.#connection.send(JSON.stringify({ type: "agent_response", payload: { content } }));
  }
}
