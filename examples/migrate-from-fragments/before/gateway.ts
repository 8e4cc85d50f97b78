import type { Assistant } from "./assistant.ts";
import { ChatHandler } from "./chat-handler.ts";
import type { Connection } from "./connection.ts";
import { ConnectionManager } from "./connection-manager.ts";
import { HandlerRouter } from "./handler-router.ts";
import type { Message } from "./message.ts";
import type { MessageHandlerService } from "./message-handler-service.ts";
import type { MessageRouter } from "./message-router.ts";

/** Where connections come in: offers each message to whatever may want it. */
export class Gateway {
  readonly #router: MessageRouter;
  readonly #service: MessageHandlerService;
  readonly #assistant: Assistant;
  readonly #chatHandlers = new Map<Connection, ChatHandler>();

  constructor(router: MessageRouter, service: MessageHandlerService, assistant: Assistant) {
    this.#router = router;
    this.#service = service;
    this.#assistant = assistant;
  }

  async connect(connection: Connection): Promise<void> {
    const handler = new ChatHandler(connection, this.#assistant);
    this.#chatHandlers.set(connection, handler);
    HandlerRouter.getInstance().addHandler(handler);
    await ConnectionManager.getInstance().connect(connection);
  }

  disconnect(connection: Connection): void {
    const handler = this.#chatHandlers.get(connection);
    if (handler !== undefined) HandlerRouter.getInstance().removeHandler(handler);
    this.#chatHandlers.delete(connection);
    ConnectionManager.getInstance().disconnect(connection);
  }

  async receive(connection: Connection, text: string): Promise<void> {
    const message = JSON.parse(text) as Message;
    if (await this.#service.handleMessage(connection.userId, message)) return;
    await this.#router.routeMessage(connection.userId, message);
    // The handlers came later, and want to see what the routes see.
    await HandlerRouter.getInstance().handleMessage(connection, message);
  }
}
