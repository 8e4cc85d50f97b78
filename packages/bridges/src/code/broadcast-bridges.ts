import type { AgentRun } from "@throughline/server";
import { BridgeRefusal } from "./bridge-refusal.ts";
import type { OpenBridge } from "./bridges.ts";
import { counted } from "./counted.ts";
import { expectUser } from "./old-message.ts";
import type { Outcome } from "./outcome.ts";

/** An event as older code broadcasts it. */
export interface OldEvent {
  readonly type: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What broadcasts of one run may use: only its own agent has it, and its user comes with it. */
export interface RunVoice {
  readonly run: Pick<AgentRun, "userId" | "thinking" | "delta">;
  /** Live connections of the user; `ThroughlineServer.connectionsOf` tells. */
  readonly connections: () => number;
}

/** Who says what older code used to broadcast, and cannot be said twice. */
const owners: Readonly<Record<string, string>> = {
  agent_started: "the engine says it when the run begins",
  tool_executing: "the dispatcher says it; call the tool with `run.tool`",
  tool_completed: "the dispatcher says it; call the tool with `run.tool`",
  agent_completed: "the engine says it when the agent returns its answer",
  agent_failed: "the engine says it; throw a `RunFailure`",
  agent_error: "the engine says it; throw a `RunFailure`",
};

const texts = ["content", "text", "message", "chunk", "thought", "reasoning"] as const;

/**
 * Says something in a run. What an agent says is stored in the feed of the run's user and reaches each of their devices;
 * there is no way to say it to anybody else, or outside of a run.
 */
function sayInRun(bridge: OpenBridge, voice: RunVoice, event: OldEvent): Promise<Outcome> {
  return counted(bridge, () => said(voice, event));
}

async function said({ run, connections }: RunVoice, event: OldEvent): Promise<Outcome> {
  const fields = event.payload ?? event.data ?? {};
  const text = texts.map((name) => fields[name]).find((value) => typeof value === "string") as string | undefined;
  switch (event.type) {
    case "agent_thinking":
      await run.thinking(text ?? "");
      break;
    case "stream_chunk":
    case "partial_result":
    case "agent_response_chunk":
      if (text === undefined) return refuse("invalid_data", event, `it has none of ${texts.join(", ")}`);
      run.delta(text);
      return { kind: "taken", connections: connections() };
    default: {
      const owner = Object.hasOwn(owners, event.type) ? owners[event.type] : undefined;
      return owner === undefined
        ? refuse("unknown_type", event, "say it with `run.thinking` or `run.delta`, or return it from a tool")
        : refuse("owned_elsewhere", event, owner);
    }
  }
  return { kind: "stored", connections: connections() };
}

function refuse(
  reason: "owned_elsewhere" | "unknown_type" | "invalid_data",
  event: OldEvent,
  replacement: string,
): never {
  throw new BridgeRefusal(reason, `unable to broadcast ${event.type}`, replacement);
}

/** The shape of a singleton: true exactly when it is stored, or taken, and at least one device is there to get it now. */
export interface UserBroadcaster {
  broadcastToUser(userId: string, event: OldEvent): Promise<boolean>;
}

export function userBroadcasterBridge(bridge: OpenBridge, voice: RunVoice): UserBroadcaster {
  return {
    async broadcastToUser(userId, event) {
      expectUserOf(bridge, voice, userId);
      return reached(await sayInRun(bridge, voice, event));
    },
  };
}

/** The shape of an object that is bound to a user. */
export interface BoundEmitter {
  emit(event: OldEvent): Promise<boolean>;
}

export function boundEmitterBridge(bridge: OpenBridge, voice: RunVoice): BoundEmitter {
  return { emit: async (event) => reached(await sayInRun(bridge, voice, event)) };
}

/** The shape of a free function, which promises only that nothing is lost: resolves when it is stored. */
export type BroadcastFunction = (event: OldEvent, userId: string) => Promise<void>;

export function broadcastFunctionBridge(bridge: OpenBridge, voice: RunVoice): BroadcastFunction {
  return async (event, userId) => {
    expectUserOf(bridge, voice, userId);
    await sayInRun(bridge, voice, event);
  };
}

function expectUserOf(bridge: OpenBridge, { run }: RunVoice, userId: string): void {
  try {
    expectUser(run.userId, userId);
  } catch (error) {
    bridge.call()("refused");
    throw error;
  }
}

function reached(outcome: Outcome): boolean {
  return (outcome.kind === "stored" || outcome.kind === "taken") && outcome.connections > 0;
}
