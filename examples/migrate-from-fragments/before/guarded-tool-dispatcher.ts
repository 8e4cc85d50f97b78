import type { Dispatcher, Tool, ToolEventEmitter, ToolParameters, ToolResult } from "./tool.ts";

/** Wraps a dispatcher: refuses what is not on the list, and counts the rest. */
export class GuardedToolDispatcher implements Dispatcher {
  readonly #inner: Dispatcher;
  readonly #allowed: ReadonlySet<string>;
  readonly #calls = new Map<string, number>();
  eventEmitter: ToolEventEmitter | undefined;

  constructor(inner: Dispatcher, allowed: readonly string[]) {
    this.#inner = inner;
    this.#allowed = new Set(allowed);
  }

  setEventEmitter(emitter: ToolEventEmitter): void {
    this.eventEmitter = emitter;
  }

  registerTool(name: string, tool: Tool): boolean {
    return this.#inner.registerTool(name, tool);
  }

  async dispatch(name: string, parameters: ToolParameters): Promise<ToolResult> {
    if (!this.#allowed.has(name)) return { success: false, error: `${name} is not allowed` };
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
    return await this.#inner.dispatch(name, parameters);
  }
}
