import type { CommandData, CommandId, CommandType, Limits, ReplyData } from "@throughline/protocol";
import type { Clock } from "../base/clock.ts";
import type { CodedError } from "../base/coded-error.ts";
import type { IdSource } from "../base/id-source.ts";
import type { Identity, TenantId } from "../base/identity.ts";
import type { FeedState } from "../log/feed-state.ts";
import type { NewEvent } from "../log/stored-event.ts";

/** What a route may use besides the state of the sender's feed. There is no user id in it: a route cannot name one. */
export interface RouteContext {
  readonly commandId: CommandId;
  readonly tenantId: TenantId;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly limits: Limits;
}

export type RouteDecision<Type extends CommandType> =
  | { readonly events: readonly NewEvent[]; readonly reply: ReplyData[Type] }
  | { readonly refusal: CodedError };

/**
 * The one owner of a command type. A route decides, from the state of the sender's own feed, what to append and what to
 * answer; it does nothing itself, so a command that is acknowledged is a command whose events are durable.
 */
export interface Route<Type extends CommandType = CommandType> {
  readonly type: Type;
  /** Who owns the type; named when somebody else claims it too. */
  readonly owner: string;
  /** What the policy is asked for. */
  readonly permission: string;
  /** Must be pure but for minting ids: it is called again when another node appended in between. */
  decide(state: FeedState, data: CommandData[Type], context: RouteContext): RouteDecision<Type>;
}

/**
 * The one owner of a command type that does not append: it answers from what its module knows, or sets a state there. It is
 * given the identity that was verified, and answers a repeated command anew, so repeating must have no further effect.
 */
export interface DirectRoute<Type extends CommandType = CommandType> {
  readonly type: Type;
  readonly owner: string;
  readonly permission: string;
  /** Resolves when what it says is durable. Throws a `CodedError` to refuse. */
  answer(asker: Asker, data: CommandData[Type]): ReplyData[Type];
}

/** Who asks, and what else the policy lets them do. */
export interface Asker {
  readonly identity: Identity;
  may(permission: string): boolean;
}

export type AnyRoute = Route | DirectRoute;
