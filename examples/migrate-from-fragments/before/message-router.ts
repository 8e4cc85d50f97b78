import type { Message } from "./message.ts";

export type RouteHandler = (userId: string, message: Message) => Promise<void>;
export type Middleware = (message: Message) => Message;

/** The first router: one function per type, behind middleware. */
export class MessageRouter {
  readonly #routes = new Map<string, RouteHandler>();
  readonly #middleware: Middleware[] = [];

  addRoute(type: string, handler: RouteHandler): this {
    this.#routes.set(type, handler);
    return this;
  }

  addMiddleware(middleware: Middleware): this {
    this.#middleware.push(middleware);
    return this;
  }

  hasRoute(type: string): boolean {
    return this.#routes.has(type);
  }

  async routeMessage(userId: string, message: Message): Promise<boolean> {
    const prepared = this.#middleware.reduce((current, middleware) => middleware(current), message);
    const handler = this.#routes.get(prepared.type);
    if (handler === undefined) return false;
    await handler(userId, prepared);
    return true;
  }
}
