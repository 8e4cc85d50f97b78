import { hash } from "node:crypto";
import {
  type CommandData,
  type CommandId,
  type CommandType,
  type JsonValue,
  type Limits,
  parseCommandId,
  type ReplyFrame,
} from "@throughline/protocol";
import { commandDataSchemas } from "@throughline/protocol/schemas";
import type { ZodType } from "zod";
import type { Clock } from "../base/clock.ts";
import { CodedError, toCodedError } from "../base/coded-error.ts";
import type { IdSource } from "../base/id-source.ts";
import type { Identity } from "../base/identity.ts";
import { nearestNames } from "../base/nearest-names.ts";
import type { Feeds } from "../log/feeds.ts";
import type { AnyRoute, Route, RouteContext } from "./route.ts";

const issueCharactersMax = 200;

/** A command as it came in: only its envelope has been looked at. */
export interface IncomingCommand {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
}

/** A command that has a route and valid data. */
export interface RoutedCommand {
  readonly identity: Identity;
  readonly id: CommandId;
  readonly type: CommandType;
  readonly data: CommandData[CommandType];
}

/** Runs around every routed command, outermost first. Throws a `CodedError` to refuse it. */
export type Middleware = (command: RoutedCommand, next: () => Promise<Acceptance>) => Promise<Acceptance>;

export interface Acceptance {
  readonly duplicate: boolean;
  readonly data: JsonValue;
}

/** May this identity do what needs this permission? Anything but `true` refuses. */
export type Policy = (identity: Identity, permission: string) => boolean;

export interface RouterOptions {
  readonly routes: readonly AnyRoute[];
  readonly middleware: readonly Middleware[];
  readonly policy: Policy;
  readonly feeds: Feeds;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly limits: Limits;
  /** Told of every failure that is ours, with its cause. */
  onInternalError(error: CodedError, command: { readonly id: string; readonly type: string }): void;
}

/**
 * The only way from a command to an effect. Every command ends in exactly one reply: accepted, after its events are
 * durable, or refused with a code. There is no third outcome.
 */
export class Router {
  readonly #routes = new Map<string, AnyRoute>();
  readonly #schemas: Readonly<Record<string, ZodType>>;
  readonly #options: RouterOptions;

  /** Throws when two routes claim a type, or when a declared command type has no route. */
  constructor(options: RouterOptions) {
    this.#options = options;
    this.#schemas = commandDataSchemas(options.limits);
    for (const route of options.routes) {
      const owner = this.#routes.get(route.type);
      if (owner !== undefined) {
        throw new Error(`unable to route ${route.type}; both ${owner.owner} and ${route.owner} claim it`);
      }
      if (!Object.hasOwn(this.#schemas, route.type)) {
        throw new Error(
          `unable to route ${route.type}; ${route.owner} claims a type that the protocol does not declare`,
        );
      }
      this.#routes.set(route.type, route);
    }
    for (const type of Object.keys(this.#schemas)) {
      if (!this.#routes.has(type)) throw new Error(`unable to route ${type}; nobody owns it`);
    }
  }

  /** Never rejects. */
  async handle(identity: Identity, command: IncomingCommand): Promise<ReplyFrame> {
    try {
      const acceptance = await this.#accept(identity, command);
      // The reply was made by the route of this very type, or stored by it.
      return { kind: "reply", id: command.id, ok: true, ...acceptance } as unknown as ReplyFrame;
    } catch (error) {
      const coded = toCodedError(error);
      if (coded.code === "internal" || coded.code === "not_ready") this.#options.onInternalError(coded, command);
      return { kind: "reply", id: command.id as CommandId, ok: false, error: coded.toWire() };
    }
  }

  #accept(identity: Identity, command: IncomingCommand): Promise<Acceptance> {
    const id = parseCommandId(command.id);
    if (id === undefined || typeof command.type !== "string") {
      const part = id === undefined ? "id" : "type";
      throw new CodedError("bad_frame", `unable to read the command; its ${part} has not the right form`);
    }
    const route = this.#route(command.type);
    const data = this.#validate(route, command.data);
    const may = (permission: string) => this.#options.policy(identity, permission) === true;
    if (!may(route.permission)) {
      throw new CodedError("forbidden", `unable to ${route.type}; permission ${route.permission} is not granted`);
    }
    const routed: RoutedCommand = { identity, id, type: route.type, data };
    const run = this.#options.middleware.reduceRight<() => Promise<Acceptance>>(
      (next, middleware) => () => middleware(routed, next),
      async () => {
        if ("decide" in route) return this.#transact(route, routed);
        return { duplicate: false, data: route.answer({ identity, may }, data) as unknown as JsonValue };
      },
    );
    return run();
  }

  #route(type: string): AnyRoute {
    const route = this.#routes.get(type);
    if (route !== undefined) return route;
    const nearest = nearestNames(type, this.#routes.keys());
    throw new CodedError("unknown_type", "unable to route the command; nobody owns its type", {
      details: { nearest: nearest.length > 0 ? nearest : [...this.#routes.keys()] },
    });
  }

  #validate(route: AnyRoute, data: unknown): CommandData[CommandType] {
    const parsed = (this.#schemas[route.type] as ZodType).safeParse(data);
    if (parsed.success) return parsed.data as CommandData[CommandType];
    const tooLarge = parsed.error.issues.some((issue) => issue.code === "too_big");
    const issues = parsed.error.issues.slice(0, 8).map((issue) => ({
      path: issue.path.join("."),
      // Some messages repeat what they complain about, which may be as large as a frame.
      message: issue.message.slice(0, issueCharactersMax).toWellFormed(),
    }));
    throw new CodedError(
      tooLarge ? "too_large" : "invalid_data",
      `unable to ${route.type}; ${issues.map((issue) => `${issue.path || "data"}: ${issue.message}`).join("; ")}`,
      { details: { issues } },
    );
  }

  async #transact(route: Route, command: RoutedCommand): Promise<Acceptance> {
    const { feeds, clock, ids, limits } = this.#options;
    const context: RouteContext = { commandId: command.id, tenantId: command.identity.tenantId, clock, ids, limits };
    // Validated data has its keys in the order of the schema, so equal content has equal text.
    const fingerprint = hash("sha256", `${route.type} ${JSON.stringify(command.data)}`, "base64url");
    const result = await feeds.transact(command.identity.userId, { key: { id: command.id, fingerprint } }, (state) =>
      route.decide(state, command.data, context),
    );
    switch (result.kind) {
      case "appended":
        return { duplicate: false, data: result.reply };
      case "duplicate":
        if (result.original.fingerprint !== fingerprint) {
          throw new CodedError(
            "idempotency_conflict",
            `unable to ${route.type}; command id ${command.id} was used with other content`,
          );
        }
        return { duplicate: true, data: result.original.reply };
      case "refused":
        throw result.refusal;
      case "fenced":
      case "illegal":
        throw new CodedError("internal", `unable to ${route.type}; its decision was not a legal one`, {
          cause: new Error(result.kind === "illegal" ? result.reason : "fenced"),
        });
    }
  }
}
