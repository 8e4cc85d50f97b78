import { EventRouter } from "./event-router.ts";
import { type Message, textOf } from "./message.ts";

type ServiceMethod = (userId: string, message: Message) => Promise<void>;

/** The third way in: threads and liveness, keyed by type. */
export class MessageHandlerService {
  readonly #threads = new Map<string, string[]>();
  readonly #methods: Readonly<Record<string, ServiceMethod>> = {
    ping: (userId) => this.#reply(userId, "pong", {}),
    create_thread: (userId, message) => this.#createThread(userId, textOf(message, "title")),
    list_threads: (userId) => this.#reply(userId, "threads", { titles: this.#threads.get(userId) ?? [] }),
  };

  async handleMessage(userId: string, message: Message): Promise<boolean> {
    const method = Object.hasOwn(this.#methods, message.type) ? this.#methods[message.type] : undefined;
    await method?.(userId, message);
    return method !== undefined;
  }

  async #createThread(userId: string, title: string): Promise<void> {
    this.#threads.set(userId, [...(this.#threads.get(userId) ?? []), title]);
    await this.#reply(userId, "thread_created", { title });
  }

  async #reply(userId: string, type: string, payload: Record<string, unknown>): Promise<void> {
    await EventRouter.getInstance().broadcastToUser(userId, { type, payload });
  }
}
