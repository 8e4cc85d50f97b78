import {
  type Cursor,
  closeCodes,
  defaultLimits,
  type Event,
  formatCursor,
  type ServerFrame,
  type ThreadId,
  wireError,
} from "@throughline/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CommandQueue } from "./command-queue.ts";
import { Conversation } from "./conversation.ts";
import { memoryOutbox } from "./outbox.ts";
import { ThroughlineError } from "./throughline-error.ts";
import type { TransportEvents } from "./transport.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const event = (sequence: number) =>
  ({ sequence, type: "thread_renamed", threadId: "thr_aaaaaaaa" as ThreadId, at: "", data: { title: "" } }) as Event;
const eventsFrame = (...sequences: number[]): ServerFrame => ({
  kind: "events",
  events: sequences.map(event),
  cursor: formatCursor("epoch1", sequences.at(-1) ?? 0),
});
const welcome = (head: number, heartbeatIntervalMs = 25_000) =>
  ({
    kind: "welcome",
    protocol: 1,
    connectionId: "con_aaaaaaaa",
    userId: "ada",
    head: formatCursor("epoch1", head),
    heartbeatIntervalMs,
    limits: defaultLimits,
  }) as ServerFrame;

/** A conversation whose network is in the hands of the test. */
function rig({ credentialMayChange = false, random = (): number => 1 } = {}) {
  const opened: { after: Cursor | null; events: TransportEvents; sent: string[]; pings: number; closed: boolean }[] =
    [];
  const statuses: string[] = [];
  const seen: number[] = [];
  const commands = new CommandQueue(memoryOutbox(), random);
  const told: { onStatus: (state: string) => void; onEvents: () => void } = {
    onStatus: () => undefined,
    onEvents: () => undefined,
  };
  const conversation = new Conversation({
    open(after, events) {
      const connection = { after, events, sent: [] as string[], pings: 0, closed: false };
      opened.push(connection);
      return {
        send: ({ data }) => connection.sent.push("text" in data ? data.text : ""),
        ping: () => (connection.pings += 1),
        close: () => {
          connection.closed = true;
        },
      };
    },
    commands,
    random,
    credentialMayChange,
    events: {
      onStatus(status) {
        statuses.push(status.state);
        told.onStatus(status.state);
      },
      onEvents(events) {
        seen.push(...events.map(({ sequence }) => sequence));
        told.onEvents();
      },
      onReset: () => undefined,
    },
  });
  const connection = () => {
    const last = opened.at(-1);
    if (last === undefined) throw new Error("nothing was opened");
    return last;
  };
  return {
    conversation,
    commands,
    opened,
    statuses,
    seen,
    told,
    connection,
    hear: (...frames: ServerFrame[]) => {
      for (const frame of frames) connection().events.onFrame(frame);
    },
  };
}

test("it says where it stands, counts down to the head, and is live there", () => {
  const { conversation, hear, statuses, seen, opened } = rig();
  conversation.connect(formatCursor("epoch1", 3));
  hear(welcome(6));
  expect(conversation.status).toEqual({ state: "catching-up", remaining: 3 });
  hear(eventsFrame(4, 5));
  expect(conversation.status).toEqual({ state: "catching-up", remaining: 1 });
  hear(eventsFrame(5, 6), eventsFrame(7));
  expect(statuses).toEqual(["connecting", "catching-up", "catching-up", "live"]);
  expect(seen).toEqual([4, 5, 6, 7]);
  conversation.connect(null);
  expect(opened.map(({ after }) => after)).toEqual([formatCursor("epoch1", 3)]);
});

test("a gap is asked for again at once, from before it", () => {
  const { conversation, hear, seen, opened } = rig();
  conversation.connect(null);
  hear(welcome(0), eventsFrame(1, 2, 4));
  expect(opened.map(({ after, closed }) => [after, closed])).toEqual([
    [null, true],
    [formatCursor("epoch1", 0), false],
  ]);
  opened[0]?.events.onFrame(eventsFrame(3, 4));
  hear(welcome(4), eventsFrame(3, 4));
  expect(seen).toEqual([1, 2, 3, 4]);
});

test("after a cut it comes back after the backoff, and later each time until it is welcome", () => {
  const { conversation, connection, opened, hear } = rig();
  conversation.connect(null);
  for (const [attempt, waitMs] of [500, 1_000, 2_000].entries()) {
    connection().events.onEnd({ code: 1006 });
    expect(conversation.status).toEqual({ state: "offline", attempt: attempt + 1, retryAt: Date.now() + waitMs });
    vi.advanceTimersByTime(waitMs - 1);
    expect(opened).toHaveLength(attempt + 1);
    vi.advanceTimersByTime(1);
    expect(opened).toHaveLength(attempt + 2);
  }
  hear(welcome(0));
  connection().events.onEnd({ code: 1006 });
  expect(conversation.status).toMatchObject({ state: "offline", attempt: 0, retryAt: Date.now() + 250 });
  conversation.connect(null);
  expect(conversation.status).toEqual({ state: "connecting", attempt: 1 });
});

test.each([
  ["4401", { code: closeCodes.unauthenticated }, "unauthenticated"],
  ["a refused request", { refusal: new ThroughlineError(wireError("unauthenticated", "who?")) }, "unauthenticated"],
  ["4403", { code: closeCodes.forbidden }, "forbidden"],
  ["4400", { code: closeCodes.bad_frame, reason: "no" }, "protocol"],
  ["a refusal for good", { refusal: new ThroughlineError(wireError("invalid_data", "no")) }, "protocol"],
] as const)("%s ends it for good", (_name, ending, reason) => {
  const { conversation, connection, opened } = rig();
  conversation.connect(null);
  connection().events.onEnd(ending);
  expect(conversation.status).toMatchObject({ state: "closed", reason });
  vi.runAllTimers();
  expect(opened).toHaveLength(1);
});

test("the credential is asked for again once, and once more after it was let in", () => {
  const { conversation, connection, opened, hear } = rig({ credentialMayChange: true });
  conversation.connect(null);
  connection().events.onEnd({ code: closeCodes.unauthenticated });
  expect(opened).toHaveLength(2);
  hear(welcome(0));
  connection().events.onEnd({ code: closeCodes.unauthenticated });
  expect(opened).toHaveLength(3);
  connection().events.onEnd({ code: closeCodes.unauthenticated });
  expect(opened).toHaveLength(3);
  expect(conversation.status).toEqual({ state: "closed", reason: "unauthenticated" });
});

test("silence is answered with a ping and then with another connection; any sign of life is no silence", () => {
  const { conversation, connection, opened, hear } = rig();
  conversation.connect(null);
  hear(welcome(0, 100));
  for (let interval = 0; interval < 20; interval += 1) {
    vi.advanceTimersByTime(100);
    if (interval % 2 === 0) connection().events.onAlive();
    else hear({ kind: "pong" });
  }
  expect(connection().pings).toBe(0);
  vi.advanceTimersByTime(200);
  expect(connection().pings).toBe(1);
  expect(conversation.status.state).toBe("live");
  vi.advanceTimersByTime(100);
  expect(conversation.status.state).toBe("offline");
  expect(opened[0]?.closed).toBe(true);
});

test("regression: the server's heartbeat counts from its welcome, and not for the connection after it", () => {
  const { conversation, hear, opened } = rig();
  conversation.connect(null);
  hear(welcome(0, 60_000));
  vi.advanceTimersByTime(30_001);
  expect(conversation.status.state).toBe("live");
  vi.advanceTimersByTime(150_300);
  expect(opened).toHaveLength(2);
  // Nobody answers: it is given up after ten seconds, not after three minutes.
  vi.advanceTimersByTime(10_500);
  expect(opened).toHaveLength(3);
});

test("a draining server is waited for as long as it asks for, and hears of no more commands", () => {
  const { conversation, commands, connection, hear, seen } = rig({ random: () => 0 });
  conversation.connect(null);
  hear(welcome(0), { kind: "draining", reconnectAfterMs: 2_000 });
  commands.add("message.send", { text: "regression: it would be refused until it is given up" });
  expect(connection().sent).toEqual([]);
  hear(eventsFrame(1));
  connection().events.onEnd({ code: closeCodes.restarting });
  expect(conversation.status).toMatchObject({ state: "offline", retryAt: Date.now() + 2_000 });
  vi.advanceTimersByTime(2_000);
  hear(welcome(1));
  expect(connection().sent).toHaveLength(1);
  expect(seen).toEqual([1]);
});

test.each(["connecting", "live", "offline"])("regression: whoever is told of %s may close the client", (state) => {
  const { conversation, told, opened, connection, hear, commands } = rig();
  commands.add("message.send", { text: "waits" });
  told.onStatus = (now) => {
    if (now === state) conversation.close();
  };
  conversation.connect(null);
  if (state !== "connecting") hear(welcome(0));
  if (state === "offline") connection().events.onEnd({ code: 1006 });
  expect(conversation.status).toEqual({ state: "closed", reason: "closed" });
  const before = opened.length;
  vi.runAllTimers();
  expect(opened).toHaveLength(before);
  expect(opened.every(({ closed }) => closed || state === "offline")).toBe(true);
  told.onStatus = () => undefined;
  conversation.connect(null);
  hear(welcome(0));
  expect(connection().sent).toEqual(["waits"]);
});

test("regression: a client that is closed and connected again in a handler is not live before the new welcome", () => {
  const { conversation, told, hear, connection, commands } = rig();
  conversation.connect(null);
  hear(welcome(0));
  told.onEvents = () => {
    conversation.close();
    conversation.connect(null);
  };
  commands.add("message.send", { text: "once" });
  hear(eventsFrame(1));
  expect(conversation.status).toEqual({ state: "connecting", attempt: 1 });
  expect(connection().after).toBe(formatCursor("epoch1", 1));
  expect(connection().sent).toEqual([]);
  hear(welcome(1));
  expect(connection().sent).toEqual(["once"]);
});

test("a reset moves on to the head that the server names", () => {
  const { conversation, hear, seen } = rig();
  conversation.connect(formatCursor("other", 900));
  hear(welcome(5), { kind: "reset", reason: "epoch", head: formatCursor("epoch1", 5) }, eventsFrame(6));
  expect(seen).toEqual([6]);
  expect(conversation.coveredAfter).toBe(5);
  expect(conversation.handedOver).toBe(6);
});
