import type { UserPort } from "@throughline/server";
import { isCommandType } from "../wire/read-request.ts";
import { BridgeRefusal } from "./bridge-refusal.ts";
import type { OpenBridge } from "./bridges.ts";
import { type OldMessage, sendOldMessage } from "./old-message.ts";
import type { Outcome } from "./outcome.ts";

const instead = "move what it does into an agent or a tool (`defineAgent`, `defineTool`)";

/** Throws: a type has exactly one route, and older code cannot add another. */
function refuseOwnership(bridge: OpenBridge, what: string, replacement: string): never {
  bridge.call()("refused");
  throw new BridgeRefusal("owned_elsewhere", `unable to ${what}; every type has one owner`, replacement);
}

/** The shape of a router with routes and middleware. */
export interface RouteTable {
  addRoute(type: string, handler: unknown): never;
  addMiddleware(middleware: unknown): never;
  hasRoute(type: string): boolean;
  /** True exactly when the message is stored. Rejects when it was refused, or when nobody knows. */
  routeMessage(userId: string, message: OldMessage): Promise<boolean>;
}

export function routeTableBridge(bridge: OpenBridge, port: UserPort): RouteTable {
  return {
    addRoute: (type) => refuseOwnership(bridge, `add a route for ${type}`, instead),
    addMiddleware: () => refuseOwnership(bridge, "add middleware", "give the server a `policy`"),
    hasRoute: isCommandType,
    routeMessage: (userId, message) => stored(sendOldMessage(bridge, port, userId, message)),
  };
}

/** The shape of a router of handler objects. */
export interface HandlerTable {
  addHandler(handler: unknown, priority?: number): never;
  removeHandler(handler: unknown): never;
  canHandle(type: string): boolean;
  /** Resolves when the message is stored. Rejects when it was refused, or when nobody knows. */
  handleMessage(userId: string, message: OldMessage): Promise<boolean>;
}

export function handlerTableBridge(bridge: OpenBridge, port: UserPort): HandlerTable {
  return {
    addHandler: () => refuseOwnership(bridge, "add a handler", instead),
    removeHandler: () => refuseOwnership(bridge, "remove a handler", "there are none to remove"),
    canHandle: isCommandType,
    handleMessage: (userId, message) => stored(sendOldMessage(bridge, port, userId, message)),
  };
}

/** The shape of a router that is keyed by type. Reports all that is known. */
export interface MessageHandlerMap {
  handleMessage(userId: string, message: OldMessage): Promise<Outcome>;
}

export function messageHandlerMapBridge(bridge: OpenBridge, port: UserPort): MessageHandlerMap {
  return { handleMessage: (userId, message) => sendOldMessage(bridge, port, userId, message) };
}

async function stored(sending: Promise<Outcome>): Promise<boolean> {
  const outcome = await sending;
  if (outcome.kind === "stored" || outcome.kind === "taken") return true;
  throw new Error(`${outcome.error.message} (${outcome.error.code})`);
}
