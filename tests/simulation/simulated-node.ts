/** A node: the product's own parts, put together as `server.ts` does it, behind a gate instead of sockets and a disk. */
import type { Limits, UserId } from "@throughline/protocol";
import type { Logger } from "pino";
import { CodedError } from "../../packages/server/src/base/coded-error.ts";
import { type IdSource, RandomIdSource } from "../../packages/server/src/base/id-source.ts";
import { type Identity, localTenant } from "../../packages/server/src/base/identity.ts";
import { RateLimit } from "../../packages/server/src/base/rate-limit.ts";
import { Broadcaster } from "../../packages/server/src/broadcast/broadcaster.ts";
import { Connection } from "../../packages/server/src/gateway/connection.ts";
import { Connections, type LiveConnection } from "../../packages/server/src/gateway/connections.ts";
import { Feeds } from "../../packages/server/src/log/feeds.ts";
import type { Log } from "../../packages/server/src/log/log.ts";
import { Maintenance } from "../../packages/server/src/log/maintenance.ts";
import { Retention } from "../../packages/server/src/log/retention.ts";
import { builtInRoutes, userPermissions } from "../../packages/server/src/router/built-in-routes.ts";
import { commandLimit } from "../../packages/server/src/router/command-limit.ts";
import { type Middleware, Router } from "../../packages/server/src/router/router.ts";
import { createAgent } from "../../packages/server/src/runs/define-agent.ts";
import { Engine } from "../../packages/server/src/runs/engine.ts";
import { ToolRegistry } from "../../packages/server/src/tools/tool-registry.ts";
import { memoryQuality } from "../support/memory-quality.ts";
import type { Link, ServerEnd } from "./link.ts";
import type { NodeGate } from "./node-gate.ts";
import type { Random } from "./random.ts";
import { DiskFailure } from "./simulated-store.ts";
import { type OutsideOptions, simulatedAgent } from "./simulated-tools.ts";

export interface SimulatedNodeOptions extends OutsideOptions {
  readonly log: Log;
  readonly gate: NodeGate;
  readonly random: Random;
  readonly limits: Limits;
  readonly retentionMs: number | undefined;
  /** A failure that the node takes for a mistake of its own. */
  onMistake(error: unknown): void;
}

export class SimulatedNode {
  readonly #options: SimulatedNodeOptions;
  readonly #ids: IdSource;
  readonly #engine: Engine;
  readonly #router: Router;
  readonly #broadcaster: Broadcaster;
  readonly #connections: Connections;
  readonly #maintenance: Maintenance;
  readonly #retention: Retention | undefined;
  #draining = false;

  constructor(options: SimulatedNodeOptions) {
    this.#options = options;
    const { log, limits, gate, random, retentionMs, onMistake } = options;
    const { clock } = gate;
    const ids = new RandomIdSource((count) => random.bytes(count));
    this.#ids = ids;
    const onError = (error: unknown) => {
      if (!isExpected(error)) onMistake(error);
    };
    // A run that has ended elsewhere, and was compacted since, is an error to a node that wakes up late, and no mistake.
    const logger = { error: () => undefined } as unknown as Logger;
    this.#maintenance = new Maintenance({ log, clock, limits, onError });
    const feeds = new Feeds({ log, limits, onCompactable: (feed) => this.#maintenance.compactLater(feed) });
    this.#retention =
      retentionMs === undefined ? undefined : new Retention({ log, feeds, clock, limits, retentionMs, onError });
    const agent = createAgent(simulatedAgent(options), {
      clock,
      modelIdleTimeoutMs: limits.modelIdleTimeoutMs,
      answerCharactersMax: limits.answerCharactersMax,
    });
    const quality = memoryQuality({ feeds, clock, ids, limits }, { onError });
    this.#engine = new Engine({
      log,
      feeds,
      agent,
      registry: new ToolRegistry(agent.tools),
      toolRate: new RateLimit({ clock, perMinuteMax: limits.toolCallsPerMinuteMax }),
      clock,
      ids,
      limits,
      logger,
      onJudged: (verdict) => quality.record(verdict),
    });
    const refuseWhileDraining: Middleware = (command, next) => {
      if (this.#draining) throw new CodedError("draining", `unable to ${command.type}; the server is about to stop`);
      return next();
    };
    this.#router = new Router({
      routes: builtInRoutes(quality),
      middleware: [refuseWhileDraining, commandLimit({ clock, limits })],
      policy: (_identity, permission) => userPermissions.has(permission),
      feeds,
      clock,
      ids,
      limits,
      onInternalError: onError,
    });
    this.#broadcaster = new Broadcaster({ log, clock, limits, onError });
    this.#connections = new Connections({
      clock,
      limits,
      stillValid: async (identities) => identities.map(() => true),
      onError,
    });
    this.#engine.start();
  }

  /** Lets a connection in, as the WebSocket gateway does it; undefined when it is refused. */
  admit(link: Link, user: string): ServerEnd | undefined {
    const { log, limits, gate } = this.#options;
    const identity: Identity = {
      userId: user as UserId,
      tenantId: localTenant,
      sessionId: undefined,
      expiresAt: undefined,
    };
    try {
      this.#connections.admit(identity);
    } catch {
      return undefined;
    }
    const ours = { router: this.#router, broadcaster: this.#broadcaster, log, clock: gate.clock, limits };
    const parts = { ...ours, onInternalError: () => undefined };
    const connection = new Connection(this.#ids.connectionId(), identity, link, parts);
    let heard = true;
    const live: LiveConnection = {
      identity,
      beat() {
        if (!heard) return link.terminate();
        heard = false;
        link.ping();
      },
      drain: (reconnectAfterMs) => connection.drain(reconnectAfterMs),
      close: (code, reason) => connection.close(code, reason),
    };
    const remove = this.#connections.add(live);
    return {
      receive(text) {
        heard = true;
        connection.receive(text);
      },
      pong() {
        heard = true;
      },
      gone() {
        remove();
        connection.closed();
      },
    };
  }

  /** Lets go of what the platform would keep for ever: it holds on to signals that somebody listens to. */
  abandon(): void {
    this.#engine.abandon();
  }

  /** Stops in good order; resolves when the process would end. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#connections.drain(reconnectAfterMs);
    await this.#engine.drain();
    this.#connections.close();
    this.#maintenance.close();
    this.#retention?.close();
  }

  /** From now on nothing becomes too old. */
  endRetention(): void {
    this.#retention?.close();
  }
}

const reconnectAfterMs = 1_000;

/** Disks fail in these worlds; whatever else a node complains about is a mistake of its own. */
function isExpected(error: unknown): boolean {
  if (error instanceof DiskFailure) return true;
  if (!(error instanceof CodedError)) return false;
  return error.code !== "internal" || isExpected(error.cause);
}
