export type ToolParameters = Readonly<Record<string, unknown>>;
export type Tool = (parameters: ToolParameters) => Promise<unknown>;
export type ToolEventEmitter = (type: string, payload: Readonly<Record<string, unknown>>) => Promise<void>;

export interface ToolResult {
  readonly success: boolean;
  readonly output?: unknown;
  readonly error?: string;
}

/** What an agent runner expects of any dispatcher. */
export interface Dispatcher {
  setEventEmitter(emitter: ToolEventEmitter): void;
  registerTool(name: string, tool: Tool): boolean;
  dispatch(name: string, parameters: ToolParameters): Promise<ToolResult>;
}
