export { isDataLocked } from "./base/data-lock.ts";
export type { Identity } from "./base/identity.ts";
export { nearestNames } from "./base/nearest-names.ts";
export { StartError, type StartErrorCode } from "./base/start-error.ts";
export type { ExternalIssuer } from "./gateway/auth/authenticator.ts";
export type { UserPort } from "./gateway/user-port.ts";
export type { WireFormat, WirePeer, WireTranslation } from "./gateway/wire-format.ts";
export type { Durability } from "./log/sqlite-store.ts";
export { scoreText, type TextToScore } from "./quality/score-text.ts";
export type { Policy } from "./router/router.ts";
export {
  type Agent,
  type AgentRun,
  type ConversationMessage,
  RunFailure,
  type StepScope,
  UnparsedInput,
} from "./runs/agent.ts";
export { type AgentDefinition, defineAgent } from "./runs/define-agent.ts";
export type { ModelSettings } from "./runs/model/model-choice.ts";
export type { ModelAgentOptions } from "./runs/model-agent.ts";
export type { QualityGate } from "./runs/quality-gate.ts";
export { checkLog, checkModel, createServer, type ServerOptions, type ThroughlineServer } from "./server.ts";
export { type McpConnection, type McpServer, type McpServerOptions, mountMcpServer } from "./tools/mcp-server.ts";
export {
  type AnyTool,
  defineTool,
  type Tool,
  type ToolContext,
  ToolFailure,
  type ToolOnce,
  type ToolResult,
  type ToolSchema,
} from "./tools/tool.ts";
