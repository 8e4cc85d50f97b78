import { randomUUID } from "node:crypto";
import type { CommandData, CommandId, CommandType, ReplyFrame, UserId } from "@throughline/protocol";
import { CodedError } from "../base/coded-error.ts";
import type { Identity } from "../base/identity.ts";
import type { Router } from "../router/router.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import type { Connections } from "./connections.ts";

/** What a program may do for one user whose credential was verified, inside the process of the server. */
export interface UserPort {
  readonly userId: UserId;
  /** Live connections of the user to this node, now. */
  readonly connections: number;
  /**
   * Sends a command as a connection of the user would. Refused with `unauthenticated` when the credential no longer holds.
   * Never rejects.
   */
  command<Type extends CommandType>(type: Type, data: CommandData[Type], id?: string): Promise<ReplyFrame>;
}

export interface UserPortParts {
  readonly authenticator: Authenticator;
  readonly router: Router;
  readonly connections: Connections;
}

/** Rejects with a `CodedError` when the headers carry no valid credential. */
export async function openUserPort(headers: Headers, parts: UserPortParts): Promise<UserPort> {
  const { authenticator, connections } = parts;
  const identity = await authenticator.authenticate({ headers, ticket: undefined, originRequired: false });
  return {
    userId: identity.userId,
    get connections() {
      return connections.countOf(identity.userId);
    },
    command: (type, data, id = randomUUID()) => send(identity, { id, type, data }, parts),
  };
}

async function send(
  identity: Identity,
  command: { readonly id: string; readonly type: string; readonly data: unknown },
  { authenticator, router }: UserPortParts,
): Promise<ReplyFrame> {
  const [valid] = await authenticator.stillValid([identity]);
  if (valid === true) return router.handle(identity, command);
  const error = new CodedError("unauthenticated", "unable to act for this user; the credential no longer holds");
  return { kind: "reply", id: command.id as CommandId, ok: false, error: error.toWire() };
}
