import { type Agent, AgentRunner } from "./agent-runner.ts";
import { AgentScheduler } from "./agent-scheduler.ts";
import { ConnectionManager } from "./connection-manager.ts";
import { Gateway } from "./gateway.ts";
import { HandlerRouter } from "./handler-router.ts";
import { textOf } from "./message.ts";
import { normalizeMessage } from "./message-aliases.ts";
import { MessageHandlerService } from "./message-handler-service.ts";
import { MessageRouter } from "./message-router.ts";
import type { Dispatcher } from "./tool.ts";
import { ToolDispatcher } from "./tool-dispatcher.ts";
import { ToolRegistry } from "./tool-registry.ts";

/** Wires everything together. There is one application in a process, because of its singletons. */
export class Application {
  readonly router = new MessageRouter();
  readonly gateway: Gateway;
  readonly runner: AgentRunner;
  readonly scheduler: AgentScheduler;
  #runs = 0;

  constructor(agent: Agent, dispatcher: Dispatcher = new ToolDispatcher()) {
    ConnectionManager.resetInstance();
    HandlerRouter.resetInstance();
    ToolRegistry.resetInstance();
    this.runner = new AgentRunner(agent, dispatcher);
    this.scheduler = new AgentScheduler(this.runner);
    this.router
      .addMiddleware(normalizeMessage)
      .addRoute("user_message", (userId, message) =>
        this.#start(userId, message.thread_id ?? "default", textOf(message, "content")),
      )
      .addRoute("start_agent", (userId, message) =>
        this.#start(userId, message.thread_id ?? "default", textOf(message, "user_request")),
      );
    this.gateway = new Gateway(this.router, new MessageHandlerService(), (question) =>
      agent({
        text: question,
        think: async () => {},
        callTool: (name, parameters) => dispatcher.dispatch(name, parameters),
      }),
    );
  }

  async #start(userId: string, threadId: string, text: string): Promise<void> {
    this.#runs += 1;
    await this.runner.run({ runId: `run-${this.#runs}`, threadId, userId, text });
  }
}
