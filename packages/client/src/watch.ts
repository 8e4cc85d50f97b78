import {
  advanceThreadSummary,
  advanceThreadView,
  type Cursor,
  type Event,
  parseCursor,
  type RunId,
  type ThreadId,
  type ThreadSnapshot,
  type ThreadSummary,
  type ThreadsSnapshot,
  type ThreadView,
} from "@throughline/protocol";
import { backoffMs } from "./backoff.ts";
import { Listeners } from "./listeners.ts";
import { ThroughlineError } from "./throughline-error.ts";

/** A state that changes; in the form that React's `useSyncExternalStore` takes. It is kept up while somebody subscribes. */
export interface Watch<State> {
  getSnapshot(): State;
  subscribe(listener: () => void): () => void;
}

export type ThreadsState =
  | { readonly status: "loading" }
  /** Newest first. `more`: older ones were left out. */
  | { readonly status: "ready"; readonly threads: readonly ThreadSummary[]; readonly more: boolean }
  | { readonly status: "failed"; readonly error: ThroughlineError };

export type ThreadState =
  | { readonly status: "loading" }
  | {
      readonly status: "ready";
      readonly thread: ThreadView;
      /** Older runs exist; `loadOlder` adds some of them in front. */
      readonly more: boolean;
      loadOlder(): Promise<void>;
    }
  | { readonly status: "failed"; readonly error: ThroughlineError };

/** What a watch needs of its client. */
export interface WatchSource {
  /** Sequence after which every event is handed to `onEvents`; undefined before the first welcome. */
  coveredAfter(): number | undefined;
  /** Sequence of the last event that was handed to anybody; 0 before the first welcome. */
  handedOver(): number;
  threads(): Promise<ThreadsSnapshot>;
  thread(threadId: ThreadId, options?: { readonly before?: RunId }): Promise<ThreadSnapshot>;
  /** From the first subscriber to the last, the watch wants to be told of events. */
  attach(watch: LiveWatch): void;
  detach(watch: LiveWatch): void;
}

/** The side of a watch that its client speaks to. */
export interface LiveWatch {
  /** The connection's place is known: a snapshot from before it may lack events. */
  cover(): void;
  receive(events: readonly Event[]): void;
  /** The connection's place was lost. */
  reload(): void;
}

/**
 * A projection that begins with a snapshot and goes on with live events. Events that come while the snapshot is loading
 * are kept and those after its cursor applied, so there is no gap; a snapshot that is older than what the events cover is
 * loaded again.
 */
abstract class LiveProjection<State extends { readonly status: string }, Snapshot extends { readonly cursor: Cursor }>
  implements LiveWatch
{
  readonly #listeners = new Listeners<[]>();
  #subscribers = 0;
  #generation = 0;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Sequence that the state is true at; undefined until a snapshot has come. */
  #at: number | undefined;
  /** What comes while a snapshot is loading, and only then: nothing else would ever empty it. */
  #buffer: Event[] | undefined;
  protected readonly source: WatchSource;
  protected state: State;

  constructor(source: WatchSource, initial: State) {
    this.source = source;
    this.state = initial;
  }

  protected abstract load(): Promise<Snapshot>;
  protected abstract begin(snapshot: Snapshot): State;
  protected abstract advance(state: State, event: Event): State;
  protected abstract fail(error: ThroughlineError): State;

  /** True while somebody subscribes. */
  get active(): boolean {
    return this.#subscribers > 0;
  }

  getSnapshot = (): State => this.state;

  subscribe = (listener: () => void): (() => void) => {
    const remove = this.#listeners.add(listener);
    this.#subscribers += 1;
    if (this.#subscribers === 1) {
      this.source.attach(this);
      this.reload();
    }
    let subscribed = true;
    return () => {
      remove();
      if (!subscribed) return;
      subscribed = false;
      this.#subscribers -= 1;
      if (this.#subscribers > 0) return;
      this.source.detach(this);
      this.#stop();
    };
  };

  cover(): void {
    const covered = this.source.coveredAfter();
    if (covered !== undefined && this.#at !== undefined && this.#at < covered) this.reload();
  }

  receive(events: readonly Event[]): void {
    if (this.#at === undefined) {
      for (const event of events) this.#buffer?.push(event);
      return;
    }
    this.become(this.#folded(this.state, events));
  }

  reload(): void {
    this.#stop();
    const generation = this.#generation;
    const handedOver = this.source.handedOver();
    this.#buffer = [];
    this.load().then(
      (snapshot) => {
        if (generation === this.#generation) this.#begin(snapshot, handedOver);
      },
      (error: unknown) => {
        if (generation === this.#generation) this.#failed(error);
      },
    );
  }

  protected become(state: State): void {
    if (state === this.state) return;
    this.state = state;
    this.#listeners.tell();
  }

  /** `handedOver`: what was, before the buffer began. */
  #begin(snapshot: Snapshot, handedOver: number): void {
    const at = parseCursor(snapshot.cursor)?.sequence ?? 0;
    if (at < Math.max(handedOver, this.source.coveredAfter() ?? 0)) {
      // Once is the welcome that came meanwhile; more often is a server that lags behind itself.
      if (this.#attempt > 0) this.#reloadLater();
      else {
        this.#attempt = 1;
        this.reload();
      }
      return;
    }
    this.#attempt = 0;
    this.#at = at;
    const buffered = this.#buffer ?? [];
    this.#buffer = undefined;
    // Told of once: a listener may unsubscribe, or make the watch load again.
    this.become(this.#folded(this.begin(snapshot), buffered));
  }

  #folded(before: State, events: readonly Event[]): State {
    let state = before;
    for (const event of events) {
      const last = event.type === "compacted" ? event.data.through : event.sequence;
      if (last <= (this.#at ?? 0)) continue;
      this.#at = last;
      state = this.advance(state, event);
    }
    return state;
  }

  #failed(error: unknown): void {
    this.#buffer = undefined;
    const failure = error instanceof ThroughlineError ? error : ThroughlineError.unreachable("load", error);
    if (!failure.retryable) {
      this.become(this.fail(failure));
      return;
    }
    // What is shown stays while the server cannot be reached; only a first load has nothing to show.
    if (this.state.status !== "ready") this.become(this.fail(failure));
    this.#reloadLater();
  }

  #reloadLater(): void {
    this.#buffer = undefined;
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.reload(), backoffMs(this.#attempt + 2, Math.random) + 250);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#generation += 1;
    this.#at = undefined;
    this.#buffer = undefined;
  }
}

export class ThreadsWatch extends LiveProjection<ThreadsState, ThreadsSnapshot> implements Watch<ThreadsState> {
  constructor(source: WatchSource) {
    super(source, { status: "loading" });
  }

  protected load(): Promise<ThreadsSnapshot> {
    return this.source.threads();
  }

  protected begin({ threads, more }: ThreadsSnapshot): ThreadsState {
    return { status: "ready", threads, more };
  }

  protected advance(state: ThreadsState, event: Event): ThreadsState {
    if (state.status !== "ready") return state;
    const before = state.threads.find(({ threadId }) => threadId === event.threadId);
    // A thread that was left out is heard of again, and only a snapshot knows its title.
    if (before === undefined && state.more && event.type === "message_accepted") {
      queueMicrotask(() => this.active && this.reload());
      return state;
    }
    const after = advanceThreadSummary(before, event);
    if (after === before) return state;
    const others = state.threads.filter((thread) => thread !== before);
    const threads = after === undefined ? others : [after, ...others];
    // Of two from the same millisecond the one that changed last comes first; the others keep their places.
    return { ...state, threads: threads.sort((left, right) => compareText(right.updatedAt, left.updatedAt)) };
  }

  protected fail(error: ThroughlineError): ThreadsState {
    return { status: "failed", error };
  }
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export class ThreadWatch extends LiveProjection<ThreadState, ThreadSnapshot> implements Watch<ThreadState> {
  readonly #threadId: ThreadId;

  constructor(source: WatchSource, threadId: ThreadId) {
    super(source, { status: "loading" });
    this.#threadId = threadId;
  }

  protected load(): Promise<ThreadSnapshot> {
    return this.source.thread(this.#threadId);
  }

  protected begin({ thread, more }: ThreadSnapshot): ThreadState {
    return { status: "ready", thread, more, loadOlder: () => this.#loadOlder() };
  }

  protected advance(state: ThreadState, event: Event): ThreadState {
    if (state.status !== "ready" || event.threadId !== this.#threadId) return state;
    const thread = advanceThreadView(state.thread, event);
    return thread === state.thread ? state : { ...state, thread };
  }

  protected fail(error: ThroughlineError): ThreadState {
    return { status: "failed", error };
  }

  async #loadOlder(): Promise<void> {
    const before = this.state.status === "ready" ? this.state.thread.runs[0]?.runId : undefined;
    if (before === undefined) return;
    const older = await this.source.thread(this.#threadId, { before });
    // What came meanwhile is kept; an answer that no longer fits in front is dropped.
    if (this.state.status !== "ready" || this.state.thread.runs[0]?.runId !== before) return;
    const runs = [...older.thread.runs, ...this.state.thread.runs];
    this.become({ ...this.state, thread: { ...this.state.thread, runs }, more: older.more });
  }
}
