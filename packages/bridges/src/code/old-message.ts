import type { ReplyFrame } from "@throughline/protocol";
import type { UserPort } from "@throughline/server";
import { readLegacyMessage } from "../wire/legacy-message.ts";
import { readRequest } from "../wire/read-request.ts";
import { BridgeRefusal } from "./bridge-refusal.ts";
import type { OpenBridge } from "./bridges.ts";
import { counted } from "./counted.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** A message as older code hands it to a router. */
export interface OldMessage {
  readonly type: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly thread_id?: string;
  readonly run_id?: string;
  readonly message_id?: string;
  readonly user_id?: string;
}

/**
 * Sends a message of older code through the one router, for the user whom the port speaks for. The words are those of the
 * wire bridge, so code and clients are read alike. Throws a `BridgeRefusal` for what has no place there.
 */
export function sendOldMessage(
  bridge: OpenBridge,
  port: UserPort,
  userId: string,
  message: OldMessage,
): Promise<Outcome> {
  return counted(bridge, () => routed(port, userId, message));
}

async function routed(port: UserPort, userId: string, message: OldMessage): Promise<Outcome> {
  expectUser(port.userId, userId);
  if (message.user_id !== undefined) expectUser(port.userId, message.user_id);
  const read = readLegacyMessage(JSON.stringify(message));
  if ("problem" in read) {
    throw new BridgeRefusal(
      "invalid_data",
      `unable to route the message; ${read.problem}`,
      "see docs/wire-bridge.md for its form",
    );
  }
  // Clients of the older format put it in either place, and so does code that was written for them.
  const { user_id: inside } = read.payload;
  if (inside !== undefined && inside !== null) {
    expectUser(port.userId, typeof inside === "string" ? inside : JSON.stringify(inside));
  }
  const request = readRequest(read);
  switch (request.kind) {
    case "command": {
      const { type, data } = request.command;
      const reply: ReplyFrame = await port.command(type, data, message.message_id);
      return reply.ok ? { kind: "stored", connections: port.connections, reply: reply.data } : outcomeOf(reply.error);
    }
    case "refused": {
      const reason = request.code === "unknown_type" ? "unknown_type" : "invalid_data";
      throw new BridgeRefusal(reason, request.message, "see docs/wire-bridge.md for the types that there are");
    }
    default: {
      const instead = "read GET /v1/threads, or connect a client to /ws";
      throw new BridgeRefusal("owned_elsewhere", `unable to route ${message.type}; it is no command`, instead);
    }
  }
}

/** Throws unless both are the same: a bridge speaks for the one user it was made for. */
export function expectUser(bound: string, given: string): void {
  if (given === bound) return;
  const what = /^(thr|run|msg|call|con)_/.test(given)
    ? `"${given}" is the id of something else than a user`
    : "it is bound to another user";
  throw new BridgeRefusal(
    "not_yours",
    `unable to act for this user; ${what}`,
    "make a bridge from the credential of that user",
  );
}
