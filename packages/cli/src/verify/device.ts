/**
 * One device of a test user: it comes back with its cursor when it loses its connection, sends a command again with its id
 * until it is answered, and shows every frame to its judge.
 */
import { randomUUID } from "node:crypto";
import { type Connect, type Connection, connectSse, connectWebSocket, Refusal } from "./connection.ts";
import { type Deployment, retryAfterMs } from "./deployment.ts";
import type { DeviceWatch } from "./device-watch.ts";
import { CredentialEnd, JourneyFailure, MeasureError } from "./measure-error.ts";
import { pause } from "./pause.ts";
import type { Frame, Limits, Reply, SeenEvent } from "./wire.ts";

export type Transport = "WebSocket" | "SSE";

export interface ArrivedEvent {
  readonly event: SeenEvent;
  /** By `performance.now()`. */
  readonly at: number;
}

export interface DeviceOptions {
  readonly deployment: Deployment;
  readonly watch: DeviceWatch;
  readonly user: string;
  readonly transport: Transport;
  /** Asked for at each connection: a session may be renewed. */
  readonly credential: () => Promise<Readonly<Record<string, string>>>;
  readonly onWelcome: (userId: string) => void;
}

interface Waiter {
  readonly look: () => boolean;
  readonly resolve: () => void;
}

const connects: Readonly<Record<Transport, Connect>> = { WebSocket: connectWebSocket, SSE: connectSse };
const backoffMs = [20, 50, 100, 200, 400] as const;
const retryIntervalMs = 200;
const patienceIntervalMs = 50;

export class Device {
  readonly watch: DeviceWatch;
  readonly transport: Transport;
  /** What came since `forget`. */
  readonly events: ArrivedEvent[] = [];
  limits: Limits = {};
  readonly #options: DeviceOptions;
  readonly #deployment: Deployment;
  readonly #waiters = new Set<Waiter>();
  /** Those who wait for replies of an id, in the order in which the command was sent. */
  readonly #replies = new Map<string, ((reply: Reply | undefined) => void)[]>();
  #connection: Connection | undefined;
  /** The connection whose frames count. */
  #live: symbol | undefined;
  #reconnecting = false;
  #wanted = false;
  #welcomed = false;
  #failure: Error | undefined;

  constructor(options: DeviceOptions) {
    this.watch = options.watch;
    this.transport = options.transport;
    this.#options = options;
    this.#deployment = options.deployment;
  }

  get isConnected(): boolean {
    return this.#welcomed;
  }

  forget(): void {
    this.events.length = 0;
  }

  /** Connects and stays connected until `leave`. Resolves once it is welcome. */
  async connect(): Promise<void> {
    this.#wanted = true;
    this.#failure = undefined;
    void this.#reconnect();
    await this.until(() => this.#welcomed, "a welcome");
  }

  /** Loses its connection, and comes back by itself. */
  drop(): void {
    this.#connection?.drop();
  }

  /** Leaves for good, or until `connect`. */
  leave(): void {
    this.#wanted = false;
    const connection = this.#connection;
    this.#gone(this.#live);
    connection?.leave();
  }

  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  /** Resolves when the condition holds; looks again after everything that comes. Rejects when it does not in time. */
  async until(met: () => boolean, what: string): Promise<void> {
    this.#deployment.signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    if (met()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = {
      look: () => {
        if (this.#failure !== undefined) reject(this.#failure);
        return met();
      },
      resolve,
    };
    this.#waiters.add(waiter);
    const { timeoutMs, signal } = this.#deployment;
    const isOver = this.#deployment.patience();
    const timer = setInterval(() => {
      if (isOver()) reject(new JourneyFailure("reliability", `${what} did not come within ${timeoutMs} ms`));
    }, patienceIntervalMs);
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      await promise;
    } finally {
      clearInterval(timer);
      signal.removeEventListener("abort", abort);
      this.#waiters.delete(waiter);
    }
  }

  /** The first event of a run that is of one of these types. */
  async event(runId: string, ...types: readonly string[]): Promise<ArrivedEvent> {
    const find = () => this.events.find(({ event }) => event.runId === runId && types.includes(event.type));
    await this.until(() => find() !== undefined, `${types.join(" or ")} of ${runId} over ${this.transport}`);
    return find() as ArrivedEvent;
  }

  eventsOf(runId: string): readonly SeenEvent[] {
    return this.events.map(({ event }) => event).filter((event) => event.runId === runId);
  }

  /** Sends a command until it has a reply that is no request to come again. */
  async command(type: string, data: object, id: string = randomUUID()): Promise<Reply> {
    const isOver = this.#deployment.patience();
    for (;;) {
      const reply = await this.#send({ id, type, data });
      if (reply !== undefined && (reply.ok || !reply.error.retryable || reply.error.code === "busy")) return reply;
      if (reply?.ok === false && reply.error.code === "rate_limited") {
        await this.#deployment.holdBack(reply.error.retryAfterMs ?? 1_000);
        continue;
      }
      if (isOver()) {
        const reason = reply?.ok === false ? `${reply.error.code}: ${reply.error.message}` : "no reply came";
        throw new JourneyFailure(
          "reliability",
          `${type} was not taken within ${this.#deployment.timeoutMs} ms; ${reason}`,
        );
      }
      await pause(
        reply?.ok === false ? (reply.error.retryAfterMs ?? retryIntervalMs) : retryIntervalMs,
        this.#deployment.signal,
      );
    }
  }

  /** Undefined when the connection ended without a reply. */
  async #send(command: {
    readonly id: string;
    readonly type: string;
    readonly data: object;
  }): Promise<Reply | undefined> {
    if (this.transport === "SSE") return this.#post(command);
    await this.until(() => this.#welcomed, "a connection");
    const { promise, resolve } = Promise.withResolvers<Reply | undefined>();
    const waiting = this.#replies.get(command.id);
    if (waiting === undefined) this.#replies.set(command.id, [resolve]);
    else waiting.push(resolve);
    this.#connection?.send?.({ kind: "command", ...command });
    let came = false;
    let reply: Reply | undefined;
    void promise.then((value) => {
      came = true;
      reply = value;
      this.#look();
    });
    await this.until(() => came, `a reply to ${command.type}`);
    return reply;
  }

  async #post(body: { readonly id: string; readonly type: string; readonly data: object }): Promise<Reply | undefined> {
    const headers = await this.#options.credential();
    const answer = await this.#deployment.ask("/v1/commands", {
      method: "POST",
      headers,
      body,
      user: this.#options.user,
    });
    if (answer.status === 200) return answer.json as unknown as Reply;
    const { code, detail, retryable } = answer.json;
    const error = { code: String(code), message: String(detail), retryable: retryable === true };
    return { ok: false, error: { ...error, retryAfterMs: retryAfterMs(answer) } };
  }

  async #reconnect(): Promise<void> {
    if (this.#reconnecting) return;
    this.#reconnecting = true;
    for (let attempt = 0; this.#wanted && this.#connection === undefined; attempt += 1) {
      try {
        if (attempt > 0) await pause(backoffMs[Math.min(attempt, backoffMs.length) - 1] ?? 0, this.#deployment.signal);
        await this.#open();
      } catch (error) {
        if (this.#deployment.signal.aborted) break;
        if (error instanceof Refusal && error.status === 429) {
          await this.#deployment.holdBack(error.retryAfterMs || 1_000).catch(() => undefined);
        } else if (!(error instanceof Refusal) || (error.status ?? 500) < 500) {
          const reason = (error as Error).message;
          const failed = `unable to connect over ${this.transport}; ${reason}`;
          this.#failure = error instanceof CredentialEnd ? error : new MeasureError(failed);
          this.#look();
          break;
        }
      }
    }
    this.#reconnecting = false;
  }

  async #open(): Promise<void> {
    const headers = await this.#options.credential();
    const live = Symbol(this.transport);
    this.#live = live;
    const connection = await connects[this.transport]({
      url: this.#deployment.url,
      headers,
      after: this.watch.cursor,
      onFrame: (text) => {
        // What still comes over a connection that was left was not asked for any more: the next one will bring it.
        if (this.#live === live) this.#take(text);
      },
      onClose: () => this.#gone(live),
    });
    if (this.#live === live && this.#wanted) this.#connection = connection;
    else connection.drop();
  }

  #gone(live: symbol | undefined): void {
    if (live === undefined || live !== this.#live) return;
    this.#live = undefined;
    this.#connection = undefined;
    this.#welcomed = false;
    for (const waiting of this.#replies.values()) for (const resolve of waiting) resolve(undefined);
    this.#replies.clear();
    this.#look();
    void this.#reconnect();
  }

  #take(text: string): void {
    const at = performance.now();
    const frame: Frame | undefined = this.watch.take(text);
    switch (frame?.kind) {
      case "welcome":
        this.#welcomed = true;
        this.limits = frame.limits;
        this.#options.onWelcome(frame.userId);
        break;
      case "reply":
        this.#takeReply(frame);
        break;
      case "events":
        for (const event of frame.events) this.events.push({ event, at });
    }
    this.#look();
  }

  #takeReply(frame: Frame & { readonly kind: "reply" }): void {
    const waiting = this.#replies.get(frame.id);
    const resolve = waiting?.shift();
    if (waiting?.length === 0) this.#replies.delete(frame.id);
    if (resolve !== undefined) resolve(frame);
    else this.#deployment.observer.add("duplicate", this.#options.user, `a reply to ${frame.id} that nobody waits for`);
  }

  #look(): void {
    for (const waiter of this.#waiters) if (waiter.look()) waiter.resolve();
  }
}
