import type {
  ApprovalDecision,
  CallId,
  CommandData,
  CommandType,
  Cursor,
  Event,
  Limits,
  ResetFrame,
  RunId,
  ThreadId,
  ThreadSnapshot,
  ThreadsSnapshot,
  UserId,
} from "@throughline/protocol";
import { CommandQueue, type SentCommand } from "./command-queue.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import { Conversation } from "./conversation.ts";
import { type EventHandlers, handleEvent } from "./event-handlers.ts";
import { Http } from "./http.ts";
import { Listeners, tellOne } from "./listeners.ts";
import type { ClientOptions } from "./options.ts";
import { memoryOutbox, type OutboxEntry } from "./outbox.ts";
import { sseTransport } from "./sse-transport.ts";
import { type LiveWatch, type ThreadState, type ThreadsState, ThreadsWatch, ThreadWatch, type Watch } from "./watch.ts";
import { webSocketTransport } from "./websocket-transport.ts";

/** A signed-in user's connection to the server. */
export interface Client {
  readonly status: ConnectionStatus;
  onStatus(listener: (status: ConnectionStatus) => void): () => void;
  /** Who the server says this is; undefined before the first welcome. */
  readonly userId: UserId | undefined;
  readonly limits: Limits | undefined;

  /** Connects and stays connected. `after`: hear what came after it; left out or null = only what happens from now on. */
  connect(after?: Cursor | null): void;
  close(): void;

  /** Stored in the outbox first, then sent, again after every reconnect, until the server has answered. */
  command<Type extends CommandType>(type: Type, data: CommandData[Type]): SentCommand<Type>;
  send(message: CommandData["message.send"]): SentCommand<"message.send">;
  stop(runId: RunId): SentCommand<"run.stop">;
  approve(callId: CallId, digest: string): SentCommand<"approval.answer">;
  deny(callId: CallId, digest: string): SentCommand<"approval.answer">;
  createThread(title?: string): SentCommand<"thread.create">;
  renameThread(threadId: ThreadId, title: string): SentCommand<"thread.rename">;
  deleteThread(threadId: ThreadId): SentCommand<"thread.delete">;

  /** Commands that the server has not answered yet. */
  readonly unsent: readonly OutboxEntry[];
  onUnsent(listener: (unsent: readonly OutboxEntry[]) => void): () => void;

  /** Every event of the user's feed, once and in order. */
  subscribe(handlers: EventHandlers): () => void;

  threads(): Promise<ThreadsSnapshot>;
  thread(threadId: ThreadId, options?: { readonly before?: RunId }): Promise<ThreadSnapshot>;
  /** The thread list, kept up to date while somebody subscribes to the watch. */
  watchThreads(): Watch<ThreadsState>;
  watchThread(threadId: ThreadId): Watch<ThreadState>;
}

export function createClient(options: ClientOptions): Client {
  return new ThroughlineClient(options);
}

class ThroughlineClient implements Client {
  readonly #http: Http;
  readonly #commands: CommandQueue;
  readonly #conversation: Conversation;
  readonly #statusListeners = new Listeners<[ConnectionStatus]>();
  readonly #subscribers = new Set<EventHandlers>();
  readonly #threads: ThreadsWatch;
  readonly #thread = new Map<ThreadId, ThreadWatch>();
  readonly #liveWatches = new Set<LiveWatch>();

  constructor(options: ClientOptions) {
    const random = options.random ?? Math.random;
    this.#http = new Http(options);
    this.#commands = new CommandQueue(options.outbox ?? memoryOutbox(), random);
    const open =
      options.transport === "sse"
        ? sseTransport(this.#http)
        : webSocketTransport(this.#http, options.WebSocket ?? globalThis.WebSocket);
    this.#conversation = new Conversation({
      open,
      commands: this.#commands,
      random,
      credentialMayChange: options.credential !== undefined,
      events: {
        onStatus: (status) => this.#onStatus(status),
        onEvents: (events) => this.#onEvents(events),
        onReset: (frame) => this.#onReset(frame),
      },
    });
    this.#threads = new ThreadsWatch(this.#source);
  }

  get status(): ConnectionStatus {
    return this.#conversation.status;
  }
  get userId(): UserId | undefined {
    return this.#conversation.userId;
  }
  get limits(): Limits | undefined {
    return this.#conversation.limits;
  }
  get unsent(): readonly OutboxEntry[] {
    return this.#commands.unsent;
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    return this.#statusListeners.add(listener);
  }
  onUnsent(listener: (unsent: readonly OutboxEntry[]) => void): () => void {
    return this.#commands.onUnsent(listener);
  }
  connect(after: Cursor | null = null): void {
    this.#conversation.connect(after);
  }
  close(): void {
    this.#conversation.close();
  }

  command<Type extends CommandType>(type: Type, data: CommandData[Type]): SentCommand<Type> {
    return this.#commands.add(type, data);
  }
  send(message: CommandData["message.send"]): SentCommand<"message.send"> {
    return this.command("message.send", message);
  }
  stop(runId: RunId): SentCommand<"run.stop"> {
    return this.command("run.stop", { runId });
  }
  approve(callId: CallId, digest: string): SentCommand<"approval.answer"> {
    return this.#answer(callId, digest, "approve");
  }
  deny(callId: CallId, digest: string): SentCommand<"approval.answer"> {
    return this.#answer(callId, digest, "deny");
  }
  createThread(title?: string): SentCommand<"thread.create"> {
    return this.command("thread.create", title === undefined ? {} : { title });
  }
  renameThread(threadId: ThreadId, title: string): SentCommand<"thread.rename"> {
    return this.command("thread.rename", { threadId, title });
  }
  deleteThread(threadId: ThreadId): SentCommand<"thread.delete"> {
    return this.command("thread.delete", { threadId });
  }

  subscribe(handlers: EventHandlers): () => void {
    this.#subscribers.add(handlers);
    return () => this.#subscribers.delete(handlers);
  }

  threads(): Promise<ThreadsSnapshot> {
    return this.#http.json("read the threads", "/v1/threads");
  }
  thread(threadId: ThreadId, options: { readonly before?: RunId } = {}): Promise<ThreadSnapshot> {
    const query = options.before === undefined ? "" : `?before=${options.before}`;
    return this.#http.json("read the thread", `/v1/threads/${threadId}${query}`);
  }
  watchThreads(): Watch<ThreadsState> {
    return this.#threads;
  }
  watchThread(threadId: ThreadId): Watch<ThreadState> {
    const known = this.#thread.get(threadId);
    if (known !== undefined) return known;
    // Those that nobody subscribes to hold nothing that a new one would not load.
    for (const [id, watch] of this.#thread) if (!watch.active) this.#thread.delete(id);
    const watch = new ThreadWatch(this.#source, threadId);
    this.#thread.set(threadId, watch);
    return watch;
  }

  get #source() {
    return {
      coveredAfter: () => this.#conversation.coveredAfter,
      handedOver: () => this.#conversation.handedOver,
      threads: () => this.threads(),
      thread: (threadId: ThreadId, options?: { readonly before?: RunId }) => this.thread(threadId, options),
      attach: (watch: LiveWatch) => this.#liveWatches.add(watch),
      detach: (watch: LiveWatch) => this.#liveWatches.delete(watch),
    };
  }

  #answer(callId: CallId, digest: string, decision: ApprovalDecision): SentCommand<"approval.answer"> {
    return this.command("approval.answer", { callId, digest, decision });
  }

  #onStatus(status: ConnectionStatus): void {
    if (status.state === "live" || status.state === "catching-up") for (const watch of this.#liveWatches) watch.cover();
    this.#statusListeners.tell(status);
  }

  #onEvents(events: readonly Event[]): void {
    for (const watch of this.#liveWatches) watch.receive(events);
    for (const handlers of this.#subscribers) {
      for (const event of events) tellOne(() => handleEvent(handlers, event));
    }
  }

  #onReset(frame: ResetFrame): void {
    for (const watch of this.#liveWatches) watch.reload();
    for (const handlers of this.#subscribers) tellOne(() => handlers.reset(frame));
  }
}
