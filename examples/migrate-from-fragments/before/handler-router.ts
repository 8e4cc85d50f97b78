import type { Connection } from "./connection.ts";
import type { Message } from "./message.ts";
import type { MessageHandler } from "./message-handler.ts";

/** The second router: handler objects, the first that can handle a type gets it. One for the process. */
export class HandlerRouter {
  static #instance: HandlerRouter | undefined;

  #handlers: readonly MessageHandler[] = [];

  static getInstance(): HandlerRouter {
    HandlerRouter.#instance ??= new HandlerRouter();
    return HandlerRouter.#instance;
  }

  static resetInstance(): void {
    HandlerRouter.#instance = undefined;
  }

  addHandler(handler: MessageHandler): void {
    this.#handlers = [...this.#handlers, handler].sort((left, right) => right.priority - left.priority);
  }

  removeHandler(handler: MessageHandler): void {
    this.#handlers = this.#handlers.filter((other) => other !== handler);
  }

  async handleMessage(connection: Connection, message: Message): Promise<void> {
    const handler = this.#handlers.find((candidate) => candidate.canHandle(message.type));
    if (handler !== undefined) {
      await handler.handleMessage(connection.userId, message);
      return;
    }
    // Clients repeat what is not acknowledged.
    const ack = { type: "ack", payload: { received_type: message.type, status: "acknowledged" } };
    await connection.send(JSON.stringify(ack));
  }
}
