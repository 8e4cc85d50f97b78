/** Writes histories by hand, for tests of the checker: connections follow the feed of their user unless told otherwise. */
import type { Observation } from "./observation.ts";
import type { Unstamped } from "./observe.ts";

export interface BookedEvent {
  readonly sequence: number;
  readonly type: string;
  readonly threadId: string;
  readonly runId?: string;
  readonly at: string;
  readonly data: object;
}

interface Follower {
  readonly connection: string;
  readonly user: string;
  position: number;
  /** It is shown what is appended, as long as it has everything before. */
  follows: boolean;
}

const start = Date.UTC(2026, 0, 1);
/** Between any two observations. */
const beatMs = 5;

const limits = {
  connectionBufferBytesMax: 6_000,
  eventsFrameEventsMax: 4,
  eventsFrameBytesMax: 1_500,
  stepsPerRunMax: 8,
  toolCallsPerRunMax: 8,
  runAttemptsMax: 9,
  answerCharactersMax: 10_000,
  stopGraceMs: 1_000,
  leaseDurationMs: 6_000,
};

export class HistoryBook {
  readonly observations: Observation[] = [];
  #now = start;
  readonly #feeds = new Map<string, BookedEvent[]>();
  /** What retention has removed of each feed. */
  readonly #gone = new Map<string, number>();
  /** By the name of their device; a device that comes back has a new connection. */
  readonly #followers = new Map<string, Follower>();
  #connections = 0;

  add(observation: Unstamped): this {
    this.#now += beatMs;
    this.observations.push({ at: this.#now, ...observation } as Observation);
    return this;
  }

  pass(ms: number): this {
    this.#now += ms;
    return this;
  }

  /** The instant of what comes next. */
  instant(): string {
    return new Date(this.#now + beatMs).toISOString();
  }

  head(user: string): number {
    return this.#feed(user).length;
  }

  event(user: string, sequence: number): BookedEvent {
    const event = this.#feed(user)[sequence - 1];
    if (event === undefined) throw new Error(`${user} has no event ${sequence}`);
    return event;
  }

  /** Connects a device at the head. `welcomedAs`: whom the welcome names; null: there is none. */
  open(device: string, user: string, { welcomedAs = user }: { readonly welcomedAs?: string | null } = {}): this {
    return this.#open(device, user, null, welcomedAs, "device");
  }

  /** The device leaves and comes back with the cursor of some place; from then on it is shown nothing by itself. */
  reopen(device: string, user: string, after: number): this {
    const old = this.#followers.get(device);
    if (old !== undefined) this.add({ kind: "closed", connection: old.connection, by: "client", code: 1000 });
    this.#open(device, user, `book-${after}`, user, "device");
    const follower = this.#follower(device);
    follower.follows = false;
    return this;
  }

  send(device: string, frame: object): this {
    return this.add({ kind: "sent", connection: this.#follower(device).connection, text: JSON.stringify(frame) });
  }

  receive(device: string, frame: object): this {
    return this.add({ kind: "received", connection: this.#follower(device).connection, text: JSON.stringify(frame) });
  }

  command(device: string, id: string, type: string, data: object): this {
    return this.send(device, { kind: "command", id, type, data });
  }

  accept(device: string, id: string, data: object, duplicate = false): this {
    return this.receive(device, { kind: "reply", id, ok: true, duplicate, data });
  }

  refuse(device: string, id: string, code: string, details?: object): this {
    return this.receive(device, {
      kind: "reply",
      id,
      ok: false,
      error: { code, message: "no", retryable: false, details },
    });
  }

  /** The server holds so much for the device. */
  hold(device: string, bytes: number): this {
    return this.add({ kind: "buffered", connection: this.#follower(device).connection, bytes });
  }

  stall(device: string, forMs: number): this {
    return this.add({ kind: "stalled", connection: this.#follower(device).connection, forMs });
  }

  /** The server closes. */
  close(device: string): this {
    const { connection } = this.#follower(device);
    this.#followers.delete(device);
    return this.add({ kind: "closed", connection, by: "server", code: 1012 });
  }

  reset(device: string, reason: string, head: number): this {
    const follower = this.#follower(device);
    follower.position = head;
    follower.follows = true;
    return this.receive(device, { kind: "reset", reason, head: `book-${head}` });
  }

  /** Stores an event, and shows it to every device of the user that has all the others. */
  append(
    user: string,
    event: { readonly type: string; readonly threadId: string; readonly runId?: string; readonly data: object },
  ): this {
    const feed = this.#feed(user);
    const { type, threadId, runId, data } = event;
    const stored = { sequence: feed.length + 1, type, threadId, ...(runId && { runId }), at: this.instant(), data };
    feed.push(stored);
    for (const [device, follower] of this.#followers) {
      if (follower.user === user && follower.follows && follower.position === feed.length - 1)
        this.show(device, [stored]);
    }
    return this;
  }

  /** Shows events to a device, whatever it has; the cursor is that of the last, or another one. */
  show(device: string, events: readonly BookedEvent[], cursor = events.at(-1)?.sequence ?? 0): this {
    this.#follower(device).position = cursor;
    return this.receive(device, { kind: "events", events, cursor: `book-${cursor}` });
  }

  /** Shows a device what it has not seen; then it follows again. */
  catchUp(device: string): this {
    const follower = this.#follower(device);
    for (const event of this.#feed(follower.user).slice(follower.position)) {
      if (event.sequence <= follower.position) continue;
      const { through = event.sequence } = event.data as { readonly through?: number };
      this.show(device, [event], through);
    }
    follower.follows = true;
    return this;
  }

  compact(user: string, sequence: number, through: number): this {
    const feed = this.#feed(user);
    const { threadId, at } = this.event(user, sequence);
    const compacted = { sequence, type: "compacted", threadId, at, data: { through } };
    for (let place = sequence; place <= through; place += 1) feed[place - 1] = compacted;
    return this;
  }

  /** Retention removes the beginning of a feed. */
  truncate(user: string, through: number): this {
    this.#gone.set(user, through);
    return this;
  }

  /** For so long after the beginning, what is older than `forMs` is removed. */
  retain(forMs: number, durationMs: number): this {
    return this.add({ kind: "retained", forMs, until: start + durationMs });
  }

  /** The newest events of every feed are lost, with the process. */
  lose(count: number): this {
    this.add({ kind: "storage_crashed" }).add({ kind: "node_crashed", node: "node1" });
    for (const feed of this.#feeds.values()) feed.splice(-count, count);
    return this.add({ kind: "history_lost", user: null }).add({ kind: "node_started", node: "node1" });
  }

  /** The end, and an auditor of every user. */
  settle(): this {
    this.pass(5_000).add({ kind: "settled" });
    for (const user of this.#feeds.keys()) {
      const device = `${user}'s auditor`;
      this.#open(device, user, `book-${this.#gone.get(user) ?? 0}`, user, "auditor");
      this.catchUp(device);
    }
    return this;
  }

  #open(
    device: string,
    user: string,
    after: string | null,
    welcomedAs: string | null,
    role: "device" | "auditor",
  ): this {
    this.#connections += 1;
    const connection = `connection${this.#connections}`;
    const head = this.head(user);
    const position = after === null ? head : Number(after.split("-")[1]);
    this.#followers.set(device, { connection, user, position, follows: true });
    this.add({ kind: "opened", connection, user, device, node: "node1", after, role });
    this.send(device, { kind: "hello", protocol: 1, after });
    if (welcomedAs === null) return this;
    return this.receive(device, { kind: "welcome", userId: welcomedAs, head: `book-${head}`, limits });
  }

  #feed(user: string): BookedEvent[] {
    const feed = this.#feeds.get(user) ?? [];
    this.#feeds.set(user, feed);
    return feed;
  }

  #follower(device: string): Follower {
    const follower = this.#followers.get(device);
    if (follower === undefined) throw new Error(`there is no device ${device}`);
    return follower;
  }
}
