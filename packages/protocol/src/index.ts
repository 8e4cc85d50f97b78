export { type CloseCode, type CloseCodeName, closeCodes, mayReconnect } from "./close-codes.ts";
export { type CommandData, type CommandType, commandTypes, type OnBusy, type ReplyData } from "./commands.ts";
export { type CursorPlace, formatCursor, parseCursor } from "./cursor.ts";
export {
  type ErrorCode,
  errorCodes,
  type RunError,
  type RunErrorCode,
  runErrorCodes,
  type ToolError,
  type ToolErrorCode,
  toolErrorCodes,
  type WireError,
  wireError,
} from "./errors.ts";
export {
  type ApprovalDecision,
  type Event,
  type EventData,
  type EventOf,
  type EventType,
  eventTypes,
  isRunEventType,
  type JsonValue,
  lifecycleEventTypes,
  type RunEventType,
  type RunOutcome,
  runEventTypes,
  type ToolOutcome,
  threadEventTypes,
  type Usage,
} from "./events.ts";
export {
  type AcceptedReplyFrame,
  type ClientFrame,
  type CommandFrame,
  clientFrameKinds,
  type DrainingFrame,
  type EventsFrame,
  type HelloFrame,
  type PingFrame,
  type PongFrame,
  protocolVersion,
  type RefusedReplyFrame,
  type ReplyFrame,
  type ResetFrame,
  type ResetReason,
  resetReasons,
  type ServerFrame,
  serverFrameKinds,
  subprotocol,
  type WelcomeFrame,
} from "./frames.ts";
export {
  type CallId,
  type CommandId,
  type ConnectionId,
  type Cursor,
  idPatterns,
  idPrefixes,
  type MessageId,
  parseCallId,
  parseCommandId,
  parseConnectionId,
  parseMessageId,
  parseRunId,
  parseThreadId,
  parseUserId,
  type RunId,
  type ThreadId,
  type UserId,
} from "./ids.ts";
export { defaultLimits, type LimitName, type Limits } from "./limits.ts";
export {
  advanceRun,
  type CallPhase,
  callTable,
  newRunState,
  type RunPhase,
  type RunState,
  type RunTransition,
  runRefusal,
  runTable,
} from "./run-state.ts";
export { joinStepTexts, type RunView, runText, type StepView, type ToolCallView, withPiece } from "./run-view.ts";
export type { Problem, ThreadSnapshot, ThreadsSnapshot } from "./snapshots.ts";
export { advanceThreadSummary, advanceThreadView, type ThreadSummary, type ThreadView } from "./thread-view.ts";
