export { BridgeRefusal, type RefusalReason } from "./code/bridge-refusal.ts";
export { type BridgeEntry, Bridges, type Count, defineBridges, type OpenBridge } from "./code/bridges.ts";
export {
  type BoundEmitter,
  type BroadcastFunction,
  boundEmitterBridge,
  broadcastFunctionBridge,
  type OldEvent,
  type RunVoice,
  type UserBroadcaster,
  userBroadcasterBridge,
} from "./code/broadcast-bridges.ts";
export {
  type AdminDispatcher,
  adminDispatcherBridge,
  type OldToolResult,
  type RequestDispatcher,
  requestDispatcherBridge,
  type ToolTable,
  toolTableBridge,
} from "./code/dispatcher-bridges.ts";
export type { OldMessage } from "./code/old-message.ts";
export type { Outcome } from "./code/outcome.ts";
export {
  type HandlerTable,
  handlerTableBridge,
  type MessageHandlerMap,
  messageHandlerMapBridge,
  type RouteTable,
  routeTableBridge,
} from "./code/router-bridges.ts";
export { type FrontOptions, type Lane, MigrationFront } from "./shadow/migration-front.ts";
export { type Difference, Shadow, type ShadowOptions, type ShadowReport, type Side } from "./shadow/shadow.ts";
export { UserSwitch } from "./shadow/user-switch.ts";
export { wireBridge } from "./wire/wire-bridge.ts";
