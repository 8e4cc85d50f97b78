/**
 * A strict peer of the protocol over a raw WebSocket or a raw SSE response. It validates every frame, proves that no
 * event is missing or repeated, judges every run by the state table, and keeps the bytes as they came. It knows nothing
 * of the client SDK, so what it accepts is what PROTOCOL.md promises.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import {
  advanceRun,
  type CommandData,
  type CommandType,
  type Cursor,
  type Event,
  type EventOf,
  type EventType,
  formatCursor,
  isRunEventType,
  newRunState,
  parseCursor,
  type ReplyData,
  type ReplyFrame,
  type RunId,
  type RunState,
  type ServerFrame,
  type WelcomeFrame,
  type WireError,
} from "@throughline/protocol";
import { serverFrameSchema } from "@throughline/protocol/schemas";
import { WebSocket } from "ws";
import { type Credential, credentialHeaders, postJson } from "./account.ts";

/** Where a device connects; a proxy in a test has such a place as well. */
export interface DevicePlace {
  readonly url: string;
  readonly publicUrl: string;
}

export interface DeviceOptions {
  /** null = from the head. */
  readonly after?: string | null;
  /** For what the bytes are searched by; kept only on request, since a long test has many. */
  readonly keepFrames?: boolean;
}

const waitTimeoutMs = 30_000;
const eventsHead = '{"kind":"events","events":[';

interface Waiter {
  readonly met: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export abstract class TestDevice implements AsyncDisposable {
  readonly events: Event[] = [];
  /** Bytes of all events, as they came, in one list. */
  readonly eventTexts: string[] = [];
  /** Every frame as it came, when asked for. */
  readonly frameTexts: string[] = [];
  readonly resets: Extract<ServerFrame, { kind: "reset" }>[] = [];
  readonly kinds: string[] = [];
  welcome: WelcomeFrame | undefined;
  draining: Extract<ServerFrame, { kind: "draining" }> | undefined;
  closed: { readonly code: number; readonly reason: string } | undefined;
  pongs = 0;
  /** What the server did that the protocol does not allow. */
  readonly violations: string[] = [];
  /** The place after the last event that was seen; resumes there. */
  cursor: Cursor | undefined;
  readonly #after: string | null;
  readonly #keepFrames: boolean;
  readonly #runs = new Map<RunId, RunState>();
  readonly #replies = new Map<string, ReplyFrame>();
  readonly #asked = new Set<string>();
  readonly #waiters = new Set<Waiter>();

  protected constructor(options: DeviceOptions) {
    this.#after = options.after ?? null;
    this.#keepFrames = options.keepFrames ?? false;
  }

  static async webSocket(server: DevicePlace, credential: Credential, options: DeviceOptions = {}) {
    const device = new WebSocketDevice(server, credential, options);
    await device.open();
    return device;
  }

  static async sse(server: DevicePlace, credential: Credential, options: DeviceOptions = {}) {
    const device = new SseDevice(server, credential, options);
    await device.open();
    return device;
  }

  /** Leaves without a word, as a lost connection does. */
  abstract drop(): void;
  /** Stops reading: what the server sends stays in the network and then in the server. */
  abstract pauseReading(): void;
  abstract resumeReading(): void;
  protected abstract send(id: string, type: string, data: unknown): void;

  /** Sends a command and resolves with its one reply, which is judged by nobody. */
  async ask(type: string, data: unknown, id: string = randomUUID()): Promise<ReplyFrame> {
    if (this.#asked.has(id)) this.#replies.delete(id);
    this.#asked.add(id);
    this.send(id, type, data);
    await this.until(() => this.#replies.has(id), `a reply to ${type} ${id}`);
    return this.#replies.get(id) as ReplyFrame;
  }

  /** The data of an accepted command; throws when it is refused. */
  async command<Type extends CommandType>(type: Type, data: CommandData[Type], id?: string): Promise<ReplyData[Type]> {
    const reply = await this.ask(type, data, id);
    if (!reply.ok) throw new Error(`unable to ${type}; ${reply.error.code}: ${reply.error.message}`);
    return reply.data as ReplyData[Type];
  }

  /** The error of a refused command; throws when it is accepted. */
  async refusal(type: string, data: unknown, id?: string): Promise<WireError> {
    const reply = await this.ask(type, data, id);
    if (reply.ok) throw new Error(`${type} was accepted: ${JSON.stringify(reply.data)}`);
    return reply.error;
  }

  /** Resolves when the condition holds; asked again after everything that arrives. Rejects once nothing more can. */
  async until(met: () => boolean, what: string, timeoutMs = waitTimeoutMs): Promise<void> {
    this.check();
    if (met()) return;
    if (this.closed !== undefined) throw new Error(`unable to see ${what}; ${this.#state()}`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { met, resolve, reject };
    const timer = setTimeout(() => reject(new Error(`unable to see ${what}; ${this.#state()}`)), timeoutMs);
    this.#waiters.add(waiter);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
    this.check();
  }

  async event<Type extends EventType>(type: Type, runId?: RunId): Promise<EventOf<Type>> {
    const find = () =>
      this.events.find((event) => event.type === type && (runId === undefined || event.runId === runId));
    await this.until(() => find() !== undefined, `${type} of ${runId ?? "any run"}`);
    return find() as EventOf<Type>;
  }

  ended(runId: RunId): Promise<EventOf<"agent_completed">> {
    return this.event("agent_completed", runId);
  }

  /** The events of a run, in order. */
  of(runId: RunId): Event[] {
    return this.events.filter((event) => event.runId === runId);
  }

  /** Resolves when the connection is gone, whoever ended it. */
  async untilClosed(timeoutMs?: number): Promise<{ readonly code: number; readonly reason: string }> {
    await this.until(() => this.closed !== undefined, "the end of the connection", timeoutMs);
    return this.closed as { readonly code: number; readonly reason: string };
  }

  /** Resolves once everything up to `sequence` has arrived. */
  reached(sequence: number, timeoutMs?: number): Promise<void> {
    return this.until(() => this.sequence >= sequence, `sequence ${sequence}`, timeoutMs);
  }

  /** Sequence of the last event that was seen. */
  get sequence(): number {
    return parseCursor(this.cursor)?.sequence ?? 0;
  }

  /** Throws when the server has broken the protocol. */
  check(): void {
    if (this.violations.length > 0) throw new Error(`the server broke the protocol: ${this.violations.join("; ")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    this.check();
  }

  /** Takes one frame as it came. */
  protected receive(text: string): void {
    if (this.#keepFrames) this.frameTexts.push(text);
    const frame = serverFrameSchema.safeParse(parseJson(text));
    if (frame.success) this.#take(frame.data, text);
    else this.#violation(`a frame that is none: ${text.slice(0, 300)}`);
    this.notify();
  }

  protected notify(): void {
    for (const waiter of this.#waiters) {
      if (waiter.met() || this.violations.length > 0) waiter.resolve();
      else if (this.closed !== undefined) waiter.reject(new Error(`unable to go on; ${this.#state()}`));
    }
  }

  protected takeReply(reply: ReplyFrame): void {
    if (!this.#asked.has(reply.id)) this.#violation(`a reply to ${reply.id}, which was not asked`);
    if (this.#replies.has(reply.id)) this.#violation(`a second reply to ${reply.id}`);
    this.#replies.set(reply.id, reply);
    this.notify();
  }

  #take(frame: ServerFrame, text: string): void {
    if ((this.welcome === undefined) !== (frame.kind === "welcome")) this.#violation(`${frame.kind} out of its place`);
    this.kinds.push(frame.kind);
    switch (frame.kind) {
      case "welcome":
        this.welcome = frame;
        this.cursor = (this.#after ?? frame.head) as Cursor;
        return;
      case "reply":
        this.takeReply(frame);
        return;
      case "events":
        this.#takeEvents(frame.events, frame.cursor, text);
        return;
      case "reset":
        this.resets.push(frame);
        this.cursor = frame.head;
        return;
      case "pong":
        this.pongs += 1;
        return;
      case "draining":
        this.draining = frame;
    }
  }

  #takeEvents(events: readonly Event[], cursor: Cursor, text: string): void {
    const tail = `],"cursor":"${cursor}"}`;
    if (text.startsWith(eventsHead) && text.endsWith(tail)) {
      this.eventTexts.push(text.slice(eventsHead.length, -tail.length));
    } else this.#violation(`an events frame with its fields in another order: ${text.slice(0, 100)}`);
    let sequence = this.sequence;
    for (const event of events) {
      if (event.sequence !== sequence + 1) this.#violation(`sequence ${event.sequence} after ${sequence}`);
      sequence = event.type === "compacted" ? event.data.through : event.sequence;
      this.events.push(event);
      this.#judge(event);
    }
    const epoch = parseCursor(cursor)?.epoch ?? "";
    if (cursor !== formatCursor(epoch, sequence)) this.#violation(`cursor ${cursor} after sequence ${sequence}`);
    if (epoch !== parseCursor(this.welcome?.head)?.epoch) this.#violation(`cursor ${cursor} of another epoch`);
    this.cursor = cursor;
  }

  /** Runs whose beginning this device has seen must be legal. */
  #judge(event: Event): void {
    if (!isRunEventType(event.type) || event.runId === undefined) return;
    if (event.type === "message_accepted") this.#runs.set(event.runId, newRunState(event.runId));
    const state = this.#runs.get(event.runId);
    if (state === undefined) return;
    const illegal = advanceRun(state, { type: event.type, data: event.data });
    if (illegal !== undefined) this.#violation(illegal);
  }

  #violation(text: string): void {
    this.violations.push(text);
  }

  #state(): string {
    const last = this.events.slice(-5).map(({ sequence, type }) => `${sequence} ${type}`);
    return `at ${this.cursor}, last events ${last.join(", ")}, closed ${JSON.stringify(this.closed)}`;
  }
}

class WebSocketDevice extends TestDevice {
  readonly socket: WebSocket;
  readonly #after: string | null;

  constructor(server: DevicePlace, credential: Credential, options: DeviceOptions) {
    super(options);
    this.#after = options.after ?? null;
    this.socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/connect`, ["throughline.v1"], {
      headers: credentialHeaders(credential),
      perMessageDeflate: false,
    });
    this.socket.on("message", (data, isBinary) => {
      if (isBinary) this.violations.push("a binary frame");
      this.receive(data.toString());
    });
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.notify();
    });
    // A refusal is told by `open`, a lost connection by `close`.
    this.socket.on("error", () => undefined);
  }

  async open(): Promise<void> {
    await once(this.socket, "open");
    this.sendFrame({ kind: "hello", protocol: 1, after: this.#after });
    await this.until(() => this.welcome !== undefined || this.closed !== undefined, "welcome");
    if (this.welcome === undefined) throw new Error(`unable to connect; closed with ${JSON.stringify(this.closed)}`);
  }

  sendFrame(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  override drop(): void {
    this.socket.terminate();
  }

  override pauseReading(): void {
    this.socket.pause();
  }

  override resumeReading(): void {
    this.socket.resume();
  }

  protected override send(id: string, type: string, data: unknown): void {
    this.sendFrame({ kind: "command", id, type, data });
  }
}

class SseDevice extends TestDevice {
  heartbeats = 0;
  readonly #server: DevicePlace;
  readonly #credential: Credential;
  readonly #after: string | null;
  #response: IncomingMessage | undefined;
  #rest = "";

  constructor(server: DevicePlace, credential: Credential, options: DeviceOptions) {
    super(options);
    this.#server = server;
    this.#credential = credential;
    this.#after = options.after ?? null;
  }

  async open(): Promise<void> {
    const query = this.#after === null ? "" : `?after=${encodeURIComponent(this.#after)}`;
    const request = get(`${this.#server.url}/v1/events${query}`, { headers: credentialHeaders(this.#credential) });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`unable to connect; the server says ${response.statusCode}`);
    this.#response = response;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.#read(text));
    response.on("error", () => undefined);
    response.on("close", () => {
      this.closed = { code: 1_006, reason: "" };
      this.notify();
    });
    await this.until(() => this.welcome !== undefined, "welcome");
  }

  override drop(): void {
    this.#response?.destroy();
  }

  override pauseReading(): void {
    this.#response?.pause();
  }

  override resumeReading(): void {
    this.#response?.resume();
  }

  protected override send(id: string, type: string, data: unknown): void {
    void this.#post({ id, type, data });
  }

  async #post(command: { readonly id: string; readonly type: string; readonly data: unknown }): Promise<void> {
    try {
      const response = await postJson(this.#server, "/v1/commands", command, credentialHeaders(this.#credential));
      const body = (await response.json()) as Record<string, unknown>;
      if (response.ok) return this.takeReply(body as unknown as ReplyFrame);
      const { code, detail, retryable, retryAfterMs, details } = body;
      const error = { code, message: detail, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }) };
      const refused = {
        kind: "reply",
        id: body.id,
        ok: false,
        error: { ...error, ...(details !== undefined && { details }) },
      };
      this.takeReply(refused as unknown as ReplyFrame);
    } catch {
      // The server is gone, and the stream with it; whoever waits for the reply sees that none comes.
      this.drop();
    }
  }

  #read(text: string): void {
    // Joined once for each event and not for each piece: one that is larger than a piece comes in many.
    this.#rest += text;
    let end = this.#rest.indexOf("\n\n");
    let start = 0;
    while (end !== -1) {
      this.#block(this.#rest.slice(start, end));
      start = end + 2;
      end = this.#rest.indexOf("\n\n", start);
    }
    this.#rest = this.#rest.slice(start);
  }

  #block(block: string): void {
    if (block.startsWith(":")) {
      this.heartbeats += 1;
      return;
    }
    const fields = new Map(
      block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
    );
    const data = fields.get("data") ?? "";
    const frame = parseJson(data) as { kind?: string; cursor?: string; head?: string } | undefined;
    if (frame?.kind !== fields.get("event"))
      this.violations.push(`event ${fields.get("event")} carries ${frame?.kind}`);
    const place = frame?.kind === "events" ? frame.cursor : frame?.kind === "reset" ? frame.head : undefined;
    if (place !== undefined && fields.get("id") !== place) this.violations.push(`id ${fields.get("id")} for ${place}`);
    this.receive(data);
  }
}

export type { SseDevice, WebSocketDevice };

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
