/** Every frame of the WebSocket conversation. `POST /v1/commands` and `GET /v1/events` carry the same shapes. */
import type { CommandData, CommandType, ReplyData } from "./commands.ts";
import type { WireError } from "./errors.ts";
import type { Event } from "./events.ts";
import type { CommandId, ConnectionId, Cursor, UserId } from "./ids.ts";
import type { Limits } from "./limits.ts";

export const protocolVersion = 1;
export const subprotocol = "throughline.v1";

/** First frame of a client. `after: null` means from the head: only what happens from now on. */
export interface HelloFrame {
  readonly kind: "hello";
  readonly protocol: typeof protocolVersion;
  readonly after: Cursor | null;
}
export interface CommandFrame<Type extends CommandType = CommandType> {
  readonly kind: "command";
  /** Minted by the client; the idempotency key. */
  readonly id: CommandId;
  readonly type: Type;
  readonly data: CommandData[Type];
}
export interface PingFrame {
  readonly kind: "ping";
}
export type ClientFrame = HelloFrame | CommandFrame | PingFrame;

export interface WelcomeFrame {
  readonly kind: "welcome";
  readonly protocol: typeof protocolVersion;
  readonly connectionId: ConnectionId;
  readonly userId: UserId;
  readonly head: Cursor;
  readonly heartbeatIntervalMs: number;
  readonly limits: Limits;
}
export interface AcceptedReplyFrame<Type extends CommandType = CommandType> {
  readonly kind: "reply";
  readonly id: CommandId;
  readonly ok: true;
  /** True when the id had been answered before; `data` is the original reply. */
  readonly duplicate: boolean;
  readonly data: ReplyData[Type];
}
export interface RefusedReplyFrame {
  readonly kind: "reply";
  readonly id: CommandId;
  readonly ok: false;
  readonly error: WireError;
}
export type ReplyFrame = AcceptedReplyFrame | RefusedReplyFrame;
export interface EventsFrame {
  readonly kind: "events";
  readonly events: readonly Event[];
  /** The place after the last of `events`. */
  readonly cursor: Cursor;
}
export const resetReasons = ["epoch", "ahead", "truncated"] as const;
/** `epoch`: history that the holder may have seen was lost. `ahead`: the cursor is beyond it. `truncated`: retention removed what follows it. */
export type ResetReason = (typeof resetReasons)[number];
/** The cursor cannot be honoured: load snapshots, go on from `head`. */
export interface ResetFrame {
  readonly kind: "reset";
  readonly reason: ResetReason;
  readonly head: Cursor;
}
export interface PongFrame {
  readonly kind: "pong";
}
/** The server is about to close; commands are refused with `draining`, events still flow. */
export interface DrainingFrame {
  readonly kind: "draining";
  readonly reconnectAfterMs: number;
}
export type ServerFrame = WelcomeFrame | ReplyFrame | EventsFrame | ResetFrame | PongFrame | DrainingFrame;

export const clientFrameKinds = ["hello", "command", "ping"] as const satisfies readonly ClientFrame["kind"][];
export const serverFrameKinds = [
  "welcome",
  "reply",
  "events",
  "reset",
  "pong",
  "draining",
] as const satisfies readonly ServerFrame["kind"][];
