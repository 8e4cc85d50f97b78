/** The checker against histories made by hand: one that breaks nothing, and for each rule the smallest change that breaks it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkHistory } from "./checker.ts";
import { HistoryBook } from "./history-book.ts";
import type { Observation } from "./observation.ts";

/** Rules that the history breaks, each with its invariant: `8 no-gap`. */
function broken(observations: readonly Observation[]): string[] {
  return [...new Set(checkHistory(observations).map(({ invariant, rule }) => `${invariant} ${rule}`))];
}

const run = "run_aaaaaaaaaa";
const thread = "thr_aaaaaaaaaa";
const message = "msg_aaaaaaaaaa";
const call = "call_aaaaaaaaaa";
const other = { run: "run_bbbbbbbbbb", thread: "thr_bbbbbbbbbb", message: "msg_bbbbbbbbbb", call: "call_bbbbbbbbbb" };

const accepted = { messageId: message, threadId: thread, runId: run, sequence: 2 };

/** How the story goes on from each of its scenes; a test tells one of them in another way. */
interface Scenes {
  send(book: HistoryBook): void;
  think(book: HistoryBook): void;
  use(book: HistoryBook): void;
  end(book: HistoryBook): void;
  close(book: HistoryBook): void;
}

/** Two devices of one user and one of another; a message, a step, a tool call, an answer. */
const story: Scenes = {
  send(book) {
    book.open("phone", "alice").open("tablet", "alice").open("desk", "bob");
    book.command("phone", "c1", "message.send", { text: "hello" });
    book.append("alice", { type: "thread_created", threadId: thread, data: {} });
    book.append("alice", runEvent("message_accepted", { messageId: message, commandId: "c1", text: "hello" }));
    book.accept("phone", "c1", accepted);
  },
  think(book) {
    book.append("alice", runEvent("agent_started", { agent: "agent", messageId: message }));
    book.append("alice", runEvent("agent_thinking", { step: 1 }));
    book.add({ kind: "model_began", node: "node1", user: "alice", runId: run, step: 1 });
    book.append("alice", runEvent("agent_delta", { step: 1, offset: 0, text: "on it" }));
  },
  use(book) {
    book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } }));
    book.add(began());
    book.add({ kind: "tool_ended", callId: call, how: "returned" });
    book.append("alice", runEvent("tool_completed", completed("completed", { output: "done" })));
  },
  end(book) {
    book.append("alice", runEvent("agent_thinking", { step: 2 }));
    book.append("alice", runEvent("agent_delta", { step: 2, offset: 0, text: "done" }));
    book.append("alice", runEvent("agent_completed", answer("on it\n\ndone")));
  },
  close(book) {
    book.settle();
  },
};

function tell(change: Partial<Scenes> = {}): Observation[] {
  const scenes = { ...story, ...change };
  const book = new HistoryBook();
  for (const scene of ["send", "think", "use", "end", "close"] as const) scenes[scene](book);
  return book.observations;
}

function runEvent(type: string, data: object, ids: { run?: string; thread?: string } = {}) {
  return { type, threadId: ids.thread ?? thread, runId: ids.run ?? run, data };
}

function answer(text: string, more: object = { outcome: "completed" }) {
  return { ...more, message: { messageId: "msg_cccccccccc", text } };
}

function completed(outcome: string, more: object = { error: { code: "tool_failed", message: "it failed" } }) {
  return { callId: call, tool: "charge", outcome, ...more, durationMs: 1 };
}

function began(more: object = {}) {
  const what = { callId: call, tool: "charge", recovery: "at_most_once", key: call, input: { of: 1 } } as const;
  return { kind: "tool_began", node: "node1", user: "alice", runId: run, ...what, ...more } as const;
}

test("a history that keeps every promise breaks no rule", () => {
  expect(broken(tell())).toEqual([]);
});

test("a violation says where it shows", () => {
  const observations = tell({
    use(book) {
      story.use(book);
      book.add(began());
    },
  });
  const [violation] = checkHistory(observations);
  const place = observations.findLastIndex(({ kind }) => kind === "tool_began");
  expect(violation?.observations.at(-1)).toBe(place);
  expect(violation?.at).toBe(observations[place]?.at);
});

/** After the history's own scenes, or instead of one. */
type Illegal = readonly [rule: string, what: string, change: Partial<Scenes>];

function then(scene: keyof Scenes, act: (book: HistoryBook) => void): Partial<Scenes> {
  return {
    [scene](book: HistoryBook) {
      story[scene](book);
      act(book);
    },
  };
}

function first(scene: keyof Scenes, act: (book: HistoryBook) => void): Partial<Scenes> {
  return {
    [scene](book: HistoryBook) {
      act(book);
      story[scene](book);
    },
  };
}

const nextMessage = (commandId: string, text: string) =>
  runEvent("message_accepted", { messageId: other.message, commandId, text }, { run: other.run });

const endOther = (book: HistoryBook) => {
  book.append("alice", runEvent("agent_started", { agent: "agent", messageId: other.message }, { run: other.run }));
  book.append("alice", runEvent("agent_completed", { outcome: "completed" }, { run: other.run }));
};

const stop = (book: HistoryBook) => {
  book.command("tablet", "s1", "run.stop", { runId: run });
  book.append("alice", runEvent("run_stop_requested", {}));
  book.accept("tablet", "s1", { runId: run, state: "stopping" });
};

const illegal: readonly Illegal[] = [
  // 1: replies
  [
    "1 acknowledged-is-durable",
    "the message is not in the feed",
    then("end", (book) => {
      book.command("phone", "c2", "message.send", { threadId: thread, text: "more" });
      book.accept("phone", "c2", { messageId: other.message, threadId: thread, runId: other.run, sequence: 40 });
    }),
  ],
  [
    "1 acknowledged-is-durable",
    "another message is in its place",
    then("send", (book) => {
      book.command("tablet", "c1", "message.send", { text: "bye" });
      book.accept("tablet", "c1", accepted, true);
    }),
  ],
  [
    "1 acknowledged-is-durable",
    "the stop is not in the feed",
    then("send", (book) => {
      book.command("phone", "s1", "run.stop", { runId: run });
      book.accept("phone", "s1", { runId: run, state: "stopping" });
    }),
  ],
  [
    "1 acknowledged-is-durable",
    "the title is not in the feed",
    then("send", (book) => {
      book.command("phone", "t1", "thread.rename", { threadId: thread, title: "new" });
      book.accept("phone", "t1", { threadId: thread, title: "new" });
    }),
  ],
  [
    "1 acknowledged-is-durable",
    "the thread is still there",
    then("send", (book) => {
      book.command("phone", "t1", "thread.delete", { threadId: thread });
      book.accept("phone", "t1", { threadId: thread });
    }),
  ],
  [
    "1 acknowledged-is-durable",
    "the other answer won",
    then("think", (book) => {
      const asked = {
        callId: other.call,
        tool: "ask",
        input: null,
        digest: "d",
        expiresAt: "2026-01-01T01:00:00.000Z",
      };
      book.append("alice", runEvent("approval_requested", asked));
      book.command("phone", "a1", "approval.answer", { callId: other.call, digest: "d", decision: "deny" });
      book.append("alice", runEvent("approval_answered", { callId: other.call, decision: "deny" }));
      book.accept("phone", "a1", { callId: other.call, decision: "deny" });
      book.command("tablet", "a2", "approval.answer", { callId: other.call, digest: "d", decision: "approve" });
      book.accept("tablet", "a2", { callId: other.call, decision: "approve" });
    }),
  ],
  [
    "1 same-reply",
    "the second reply names another run",
    then("send", (book) => {
      book.command("tablet", "c1", "message.send", { text: "hello" });
      book.accept("tablet", "c1", { ...accepted, runId: "run_dddddddddd" }, true);
    }),
  ],
  [
    "1 executed-once",
    "neither reply is a duplicate",
    then("send", (book) => {
      book.command("tablet", "c1", "message.send", { text: "hello" });
      book.accept("tablet", "c1", accepted);
    }),
  ],
  [
    "1 duplicate-of-nothing",
    "the command came once",
    then("send", (book) => {
      book.command("phone", "t1", "thread.rename", { threadId: thread, title: "new" });
      book.append("alice", { type: "thread_renamed", threadId: thread, data: { title: "new" } });
      book.accept("phone", "t1", { threadId: thread, title: "new" }, true);
    }),
  ],
  [
    "1 conflict-of-nothing",
    "the command has had one content only",
    then("send", (book) => {
      book.command("tablet", "c1", "message.send", { text: "hello" });
      book.refuse("tablet", "c1", "idempotency_conflict");
    }),
  ],
  [
    "1 effect-once",
    "one command, two messages",
    then("end", (book) => {
      book.append("alice", nextMessage("c1", "hello"));
      endOther(book);
    }),
  ],
  [
    "1 effect-of-nothing",
    "a refused message is in the feed",
    then("end", (book) => {
      book.command("phone", "c2", "message.send", { threadId: thread, text: "more" });
      book.refuse("phone", "c2", "busy");
      book.append("alice", nextMessage("c2", "more"));
      endOther(book);
    }),
  ],
  [
    "1 effect-of-nothing",
    "nobody asked for the stop",
    then("think", (book) => book.append("alice", runEvent("run_stop_requested", {}))),
  ],
  [
    "1 effect-of-nothing",
    "nobody approved",
    then("think", (book) => {
      const asked = {
        callId: other.call,
        tool: "ask",
        input: null,
        digest: "d",
        expiresAt: "2026-01-01T01:00:00.000Z",
      };
      book.append("alice", runEvent("approval_requested", asked));
      book.append("alice", runEvent("approval_answered", { callId: other.call, decision: "approve" }));
    }),
  ],
  [
    "1 effect-of-nothing",
    "nobody deleted the thread",
    then("end", (book) => book.append("alice", { type: "thread_deleted", threadId: thread, data: {} })),
  ],
  [
    "1 effect-once",
    "one rename was asked for",
    then("end", (book) => {
      book.command("phone", "t1", "thread.rename", { threadId: thread, title: "new" });
      for (let count = 0; count < 2; count += 1) {
        book.append("alice", { type: "thread_renamed", threadId: thread, data: { title: "new" } });
      }
      book.accept("phone", "t1", { threadId: thread, title: "new" });
    }),
  ],
  [
    "1 effect-once",
    "no thread was asked for",
    then("end", (book) => book.append("alice", { type: "thread_created", threadId: other.thread, data: {} })),
  ],
  // 2: routes
  [
    "2 unknown-type",
    "it is acknowledged",
    then("send", (book) => {
      book.command("phone", "u1", "message.sent", { text: "hello" });
      book.accept("phone", "u1", {});
    }),
  ],
  [
    "2 unknown-type",
    "it is refused as if it were known",
    then("send", (book) => {
      book.command("phone", "u1", "message.sent", { text: "hello" });
      book.refuse("phone", "u1", "invalid_data");
    }),
  ],
  [
    "2 unknown-type",
    "a known one is refused as unknown",
    then("send", (book) => {
      book.command("phone", "u1", "thread.create", {});
      book.refuse("phone", "u1", "unknown_type", { nearest: [] });
    }),
  ],
  [
    "2 unknown-type",
    "the refusal names no nearest types",
    then("send", (book) => {
      book.command("phone", "u1", "message.sent", {});
      book.refuse("phone", "u1", "unknown_type");
    }),
  ],
  [
    "2 nonsense",
    "a message without words is acknowledged",
    then("send", (book) => {
      book.command("phone", "n1", "message.send", { text: " " });
      book.accept("phone", "n1", accepted);
    }),
  ],
  ["2 answered-once", "one command, two replies", then("send", (book) => book.accept("phone", "c1", accepted, true))],
  ["2 answered-at-all", "no reply in the end", then("end", (book) => book.command("phone", "t1", "thread.create", {}))],
  // 3: positions
  [
    "3 one-event-per-sequence",
    "two devices are shown different events",
    then("end", (book) => {
      const event = { sequence: 12, threadId: thread, at: book.instant(), type: "thread_renamed" };
      book.show("phone", [{ ...event, data: { title: "one" } }]);
      book.show("tablet", [{ ...event, data: { title: "two" } }]);
    }),
  ],
  [
    "3 shown-is-durable",
    "an event is gone in the end",
    then("end", (book) => {
      const event = {
        sequence: 12,
        threadId: thread,
        at: book.instant(),
        type: "thread_renamed",
        data: { title: "x" },
      };
      book.show("phone", [event]).show("tablet", [event]);
    }),
  ],
  // 4: runs
  ["4 every-run-ends", "the run has no end", { end: () => undefined }],
  [
    "4 nothing-after-the-end",
    "it ends twice",
    then("end", (book) => book.append("alice", runEvent("agent_completed", answer("on it\n\ndone")))),
  ],
  [
    "4 nothing-after-the-end",
    "a delta comes after the end",
    then("end", (book) => book.append("alice", runEvent("agent_delta", { step: 2, offset: 4, text: "!" }))),
  ],
  [
    "4 legal-run",
    "it begins twice",
    then("think", (book) => book.append("alice", runEvent("agent_started", { agent: "agent", messageId: message }))),
  ],
  [
    "4 legal-run",
    "it answers another message",
    {
      think(book) {
        book.append("alice", runEvent("agent_started", { agent: "agent", messageId: other.message }));
        book.append("alice", runEvent("agent_delta", { step: 1, offset: 0, text: "on it" }));
      },
    },
  ],
  [
    "4 legal-run",
    "a call completes twice",
    then("use", (book) => book.append("alice", runEvent("tool_completed", completed("completed", { output: 1 })))),
  ],
  [
    "4 legal-run",
    "it ends while a call executes",
    {
      use: (book) =>
        book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } })),
    },
  ],
  ["4 legal-run", "a step begins after the stop", first("use", stop)],
  [
    "4 one-run-at-a-time",
    "the second begins before the first has ended",
    first("use", (book) => {
      book.command("phone", "c2", "message.send", { threadId: thread, text: "more" });
      book.append("alice", nextMessage("c2", "more"));
      book.accept("phone", "c2", {
        messageId: other.message,
        threadId: thread,
        runId: other.run,
        sequence: book.head("alice"),
      });
      endOther(book);
    }),
  ],
  // 5: attempts
  [
    "5 attempts-count",
    "the second attempt comes twice",
    then("think", (book) => {
      for (let count = 0; count < 2; count += 1) book.append("alice", runEvent("run_resumed", { attempt: 2, step: 2 }));
    }),
  ],
  [
    "5 idle-is-not-death",
    "nothing had happened to any node",
    then("think", (book) => {
      book.pass(30_000);
      book.append("alice", runEvent("run_resumed", { attempt: 2, step: 2 }));
    }),
  ],
  [
    "5 recorded-is-not-repeated",
    "the first step is called again after the second",
    then("end", (book) => book.add({ kind: "model_began", node: "node1", user: "alice", runId: run, step: 1 })),
  ],
  [
    "5 deltas-join",
    "a delta of another attempt",
    then("think", (book) => {
      book.append("alice", runEvent("run_resumed", { attempt: 2, step: 1 }));
      book.append("alice", runEvent("agent_delta", { step: 1, offset: 5, text: "!" }));
    }),
  ],
  [
    "5 answer-is-what-was-shown",
    "void deltas are in the answer",
    first("use", (book) => book.append("alice", runEvent("run_resumed", { attempt: 2, step: 1 }))),
  ],
  [
    "5 old-attempts-are-silent",
    "a call ends as the older attempt knows",
    {
      use(book) {
        book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } }));
        book.add(began());
        book.add({ kind: "hindered", by: "partition", node: "node1", forMs: 1 });
        book.append("alice", runEvent("run_resumed", { attempt: 2, step: 2 }));
        book.add({ kind: "tool_ended", callId: call, how: "returned" });
        book.append("alice", runEvent("tool_completed", completed("completed", { output: 1 })));
      },
    },
  ],
  // 6: tools
  [
    "6 intent-is-durable",
    "the feed does not have the call",
    then("think", (book) => book.add(began({ callId: other.call, key: other.call }))),
  ],
  [
    "6 intent-comes-first",
    "the tool is entered before it is stored",
    {
      use(book) {
        book.add(began());
        book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } }));
        book.add({ kind: "tool_ended", callId: call, how: "returned" });
        book.append("alice", runEvent("tool_completed", completed("completed", { output: 1 })));
      },
    },
  ],
  [
    "6 intent-is-what-is-done",
    "the tool is entered with another input",
    {
      use(book) {
        book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 2 } }));
        book.add(began());
        book.add({ kind: "tool_ended", callId: call, how: "returned" });
        book.append("alice", runEvent("tool_completed", completed("completed", { output: 1 })));
      },
    },
  ],
  [
    "6 only-with-consent",
    "nobody has answered",
    {
      use(book) {
        const asked = {
          callId: call,
          tool: "charge",
          input: { of: 1 },
          digest: "d",
          expiresAt: "2026-01-01T01:00:00.000Z",
        };
        book.append("alice", runEvent("approval_requested", asked));
        book.append("alice", runEvent("approval_answered", { callId: call, decision: "deny" }));
        story.use(book);
      },
    },
  ],
  ["6 at-most-once", "the tool is entered again", then("use", (book) => book.add(began()))],
  [
    "6 one-key-per-call",
    "the key is another one",
    then("use", (book) => book.add(began({ key: "another", recovery: "idempotent" }))),
  ],
  [
    "6 one-key-per-call",
    "the key is that of another call",
    then("use", (book) => {
      book.append("alice", runEvent("tool_executing", { callId: other.call, tool: "charge", input: { of: 1 } }));
      book.add(began({ callId: other.call }));
      const data = { ...completed("unknown"), callId: other.call };
      book.append("alice", runEvent("tool_completed", data));
    }),
  ],
  [
    "6 once-per-attempt",
    "an idempotent tool is entered again by the same attempt",
    {
      use(book) {
        book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } }));
        book.add(began({ recovery: "idempotent" }));
        book.add(began({ recovery: "idempotent" }));
        book.add({ kind: "tool_ended", callId: call, how: "returned" });
        book.append("alice", runEvent("tool_completed", completed("completed", { output: 1 })));
      },
    },
  ],
  [
    "6 unknown-is-said",
    "a call that was never left is called failed",
    {
      use(book) {
        book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } }));
        book.add(began());
        book.append("alice", runEvent("tool_completed", completed("failed")));
      },
    },
  ],
  [
    "6 denied-is-not-made",
    "a denied call was entered",
    {
      use(book) {
        book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } }));
        book.add(began());
        book.append("alice", runEvent("tool_completed", completed("denied")));
      },
    },
  ],
  // Verdicts: 5 and 12
  [
    "5 one-verdict-a-round",
    "a round is judged again",
    { ...gated("annotate"), end: (book) => judged(book, [verdict(1, "annotate"), verdict(1, "annotate")]) },
  ],
  [
    "5 one-verdict-a-round",
    "what has passed is judged again",
    { ...gated("annotate"), end: (book) => judged(book, [verdict(1, "annotate", true), verdict(2, "annotate")]) },
  ],
  ["12 the-gate-it-has", "a verdict without a gate", { end: (book) => judged(book, [verdict(1, "annotate")]) }],
  ["12 shown-has-passed", "nobody has judged the answer", gated("annotate")],
  [
    "12 shown-has-passed",
    "the answer was rejected",
    { ...gated("block"), think: thinkSilently, end: (book) => judged(book, [verdict(1, "block", false)]) },
  ],
  [
    "12 shown-has-passed",
    "a text is shown before it was judged",
    { ...gated("block"), end: (book) => judged(book, [verdict(1, "block", true)]) },
  ],
  [
    "12 rejected-for-a-reason",
    "no verdict rejects the answer",
    {
      ...gated("block"),
      think: thinkSilently,
      end: (book) => book.append("alice", runEvent("agent_completed", rejected)),
    },
  ],
  // 7: isolation
  [
    "7 whose-connection",
    "the welcome names another user",
    first("send", (book) => book.open("phone2", "alice", { welcomedAs: "carol" })),
  ],
  [
    "7 no-foreign-text",
    "another user's text",
    then("think", (book) => {
      book.append("bob", { type: "thread_renamed", threadId: other.thread, data: { title: "alice says" } });
    }),
  ],
  [
    "7 no-foreign-id",
    "another user's thread",
    then("end", (book) => book.append("bob", { type: "thread_created", threadId: thread, data: {} })),
  ],
  [
    "7 whose-run",
    "a tool is called in another's name",
    then("use", (book) => book.add(began({ user: "bob", callId: other.call, key: other.call }))),
  ],
  // 8: delivery
  [
    "8 no-gap",
    "an event is left out",
    then("end", (book) =>
      book
        .show("phone", [book.event("alice", 1)], 2)
        .reopen("phone", "alice", 3)
        .show("phone", [book.event("alice", 5)]),
    ),
  ],
  ["8 no-repeat", "an event comes again", then("end", (book) => book.show("phone", [book.event("alice", 5)]))],
  [
    "8 cursor-is-the-place",
    "the cursor is behind the last event",
    then("end", (book) => book.reopen("phone", "alice", 3).show("phone", [book.event("alice", 4)], 3)),
  ],
  [
    "8 frames",
    "an event comes before the welcome",
    then("end", (book) => book.open("phone3", "alice", { welcomedAs: null }).show("phone3", [book.event("alice", 1)])),
  ],
  ["8 frames", "a frame without a kind", then("end", (book) => book.receive("phone", { events: [] }))],
  [
    "8 everything-in-the-end",
    "a device has not got the last event",
    then("end", (book) => book.reopen("phone", "alice", 3)),
  ],
  [
    "8 reset-for-a-reason",
    "the cursor was good",
    then("end", (book) => book.reopen("phone", "alice", 3).reset("phone", "epoch", book.head("alice"))),
  ],
  [
    "8 reset-for-a-reason",
    "nothing was truncated",
    then("end", (book) => book.reopen("phone", "alice", 3).reset("phone", "truncated", book.head("alice"))),
  ],
  [
    "8 kept-long-enough",
    "a thread is deleted that was just in use",
    { ...retained(), end: (book) => forgotten(book, 500) },
  ],
  [
    "8 kept-long-enough",
    "a thread is deleted in which a run is open",
    { ...retained(), use: (book) => book.pass(2_000).append("alice", deletion), end: () => undefined },
  ],
  [
    "8 only-removable-removed",
    "a deletion is gone before its time",
    {
      ...retained(2_500),
      end: (book) => forgotten(book, 2_000).truncate("alice", 11),
    },
  ],
  [
    "8 only-removable-removed",
    "what nobody has deleted is gone",
    { ...retained(), close: (book) => story.close(book.truncate("alice", 3)) },
  ],
  ["8 only-removable-removed", "a step is compacted away", then("end", (book) => book.compact("alice", 4, 5))],
  // 9: limits
  ["9 bounded-buffer", "everything is held", then("end", (book) => book.hold("phone", 100_000))],
  [
    "9 frame-events",
    "more events in a frame than it may have",
    then("end", (book) =>
      book.reopen("phone", "alice", 0).show(
        "phone",
        [1, 2, 3, 4, 5].map((at) => book.event("alice", at)),
      ),
    ),
  ],
  [
    "9 run-limits",
    "a step too many",
    then("use", (book) => book.append("alice", runEvent("agent_thinking", { step: 9 }))),
  ],
  // 10: stop
  [
    "10 nothing-begins-after-stop",
    "a step begins a second later",
    {
      use: stop,
      end(book) {
        book.pass(1_000);
        book.add({ kind: "model_began", node: "node1", user: "alice", runId: run, step: 2 });
        book.append("alice", runEvent("agent_completed", answer("on it", cancelled)));
      },
    },
  ],
  [
    "10 stopped-runs-end",
    "the run goes on for a minute",
    {
      use: stop,
      end(book) {
        book.pass(60_000);
        book.append("alice", runEvent("agent_completed", answer("on it", cancelled)));
      },
    },
  ],
  // 11: the read loop
  [
    "11 pings-are-answered",
    "the pong comes after ten seconds",
    then("think", (book) => book.send("phone", { kind: "ping" }).pass(10_000).receive("phone", { kind: "pong" })),
  ],
  [
    "11 pings-are-answered",
    "there is no pong",
    then("think", (book) => book.send("phone", { kind: "ping" }).pass(10_000)),
  ],
  ["11 one-pong-per-ping", "nobody has asked", then("think", (book) => book.receive("phone", { kind: "pong" }))],
  // 12: outcomes
  [
    "12 completed-means-returned",
    "the tool has thrown",
    {
      use(book) {
        book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } }));
        book.add(began());
        book.add({ kind: "tool_ended", callId: call, how: "threw" });
        book.append("alice", runEvent("tool_completed", completed("completed", { output: 1 })));
      },
    },
  ],
  [
    "12 outcomes",
    "a failure has an output",
    {
      use(book) {
        book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } }));
        book.add(began());
        book.add({ kind: "tool_ended", callId: call, how: "threw" });
        const data = { ...completed("failed"), output: 1 };
        book.append("alice", runEvent("tool_completed", data));
      },
    },
  ],
  [
    "12 answer-is-what-was-shown",
    "the answer is cut",
    {
      end(book) {
        book.append("alice", runEvent("agent_completed", answer("on")));
      },
    },
  ],
];

const deletion = { type: "thread_deleted", threadId: thread, data: {} };

function retained(durationMs = 60_000): Partial<Scenes> {
  return first("send", (book) => book.retain(1_000, durationMs));
}

/** The end of the story, and after some time the end of the thread. */
function forgotten(book: HistoryBook, afterMs: number): HistoryBook {
  story.end(book);
  return book.pass(afterMs).append("alice", deletion);
}

function gated(gate: "annotate" | "block"): Partial<Scenes> {
  return first("send", (book) => book.add({ kind: "gated", gate }));
}

function thinkSilently(book: HistoryBook): void {
  book.append("alice", runEvent("agent_started", { agent: "agent", messageId: message }));
}

function verdict(round: number, gate: "annotate" | "block", passed = false) {
  return runEvent("quality_verdict", { round, gate, verdict: { passed } });
}

/** The end of the story, after verdicts. */
function judged(book: HistoryBook, verdicts: readonly ReturnType<typeof verdict>[]): void {
  for (const each of verdicts) book.append("alice", each);
  story.end(book);
}

const rejected = { outcome: "failed", error: { code: "quality_rejected", message: "it is not good enough" } };

const cancelled = { outcome: "cancelled", error: { code: "cancelled", message: "the run was stopped" } };

describe("what breaks a rule", () => {
  test.each(illegal)("%s: %s", (rule, _what, change) => {
    expect(broken(tell(change))).toContain(rule);
  });
});

describe("what looks like a broken rule and is none", () => {
  const legal: readonly (readonly [what: string, change: Partial<Scenes>])[] = [
    [
      "a repeated command gets the original reply",
      then("send", (book) => {
        book.command("tablet", "c1", "message.send", { text: "hello" });
        book.accept("tablet", "c1", accepted, true);
      }),
    ],
    [
      "a command that was refused is judged anew",
      then("end", (book) => {
        book.command("phone", "c2", "thread.create", { title: " new " });
        book.refuse("phone", "c2", "rate_limited");
        book.command("phone", "c2", "thread.create", { title: " new " });
        book.append("alice", { type: "thread_created", threadId: other.thread, data: { title: "new" } });
        book.accept("phone", "c2", { threadId: other.thread });
      }),
    ],
    [
      "nobody knows what became of a command after not_ready",
      then("end", (book) => {
        book.command("phone", "c2", "thread.create", {});
        book.append("alice", { type: "thread_created", threadId: other.thread, data: {} });
        book.refuse("phone", "c2", "not_ready");
      }),
    ],
    [
      "deltas of a run that has ended are compacted",
      then("end", (book) => book.compact("alice", 5, 5).reopen("phone", "alice", 4).catchUp("phone")),
    ],
    [
      "a lost message after a restored backup",
      then("end", (book) => {
        book.command("phone", "t1", "thread.create", {});
        book.append("alice", { type: "thread_created", threadId: other.thread, data: {} });
        book.accept("phone", "t1", { threadId: other.thread });
        book.lose(1);
        for (const name of ["phone", "tablet"]) {
          book.reopen(name, "alice", 11);
          book.reset(name, "epoch", 10);
        }
        book.reopen("desk", "bob", 0);
      }),
    ],
    [
      "an idempotent call is made again by the next attempt",
      {
        use(book) {
          book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } }));
          book.add(began({ recovery: "idempotent" }));
          book.add({ kind: "hindered", by: "failed_commit", node: null, forMs: 1 });
          book.append("alice", runEvent("run_resumed", { attempt: 2, step: 2 }));
          book.add(began({ recovery: "idempotent" }));
          book.add({ kind: "tool_ended", callId: call, how: "returned" });
          book.append("alice", runEvent("tool_completed", completed("completed", { output: 1 })));
        },
      },
    ],
    [
      "a paused node begins what was stored before the stop",
      {
        use(book) {
          book.append("alice", runEvent("tool_executing", { callId: call, tool: "charge", input: { of: 1 } }));
          book.add({ kind: "node_paused", node: "node1" });
          stop(book);
          book.pass(1_000);
          book.add({ kind: "node_resumed", node: "node1" });
          book.add(began());
          book.append("alice", runEvent("tool_completed", completed("unknown")));
        },
        end: (book) => book.append("alice", runEvent("agent_completed", answer("on it", cancelled))),
      },
    ],
    [
      "what is old enough is gone, and who comes back from before is told",
      {
        ...retained(),
        end(book) {
          forgotten(book, 2_000).pass(2_000).truncate("alice", book.head("alice"));
          book.reopen("phone", "alice", 3).reset("phone", "truncated", book.head("alice"));
        },
      },
    ],
    [
      "an answer that is judged and does not pass",
      { ...gated("annotate"), end: (book) => judged(book, [verdict(1, "annotate")]) },
    ],
    [
      "an answer that passes when it is revised",
      {
        ...gated("block"),
        think: thinkSilently,
        end(book) {
          for (const round of [1, 2]) book.append("alice", verdict(round, "block", round === 2));
          book.append("alice", runEvent("agent_delta", { step: 1, offset: 0, text: "done" }));
          book.append("alice", runEvent("agent_completed", answer("done")));
        },
      },
    ],
    [
      "an answer that never passes",
      {
        ...gated("block"),
        think: thinkSilently,
        end(book) {
          book.append("alice", verdict(1, "block"));
          book.append("alice", runEvent("agent_completed", rejected));
        },
      },
    ],
    [
      "a stalled client reads its pong late",
      then("think", (book) => {
        book.stall("phone", 10_000);
        book.send("phone", { kind: "ping" }).pass(10_000).receive("phone", { kind: "pong" });
      }),
    ],
    [
      "the server closed before it answered",
      then("end", (book) => {
        book.command("phone", "c2", "thread.create", {});
        book.close("phone");
      }),
    ],
  ];

  test.each(legal)("%s", (_what, change) => {
    expect(broken(tell(change))).toEqual([]);
  });
});

test("whatever is said by any number of devices, in any frames, a legal history breaks no rule", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("say" as const), text: fc.string({ minLength: 1, unit: "grapheme" }) }),
    fc.record({ do: fc.constant("call" as const), returns: fc.boolean() }),
    fc.record({ do: fc.constant("resume" as const) }),
    fc.record({ do: fc.constant("come back" as const), after: fc.nat({ max: 5 }) }),
    fc.record({ do: fc.constant("repeat" as const) }),
  );
  const runs = fc.array(fc.record({ steps: fc.array(step, { maxLength: 6 }), stopped: fc.boolean() }), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(runs, (lives) => {
      const book = new HistoryBook().open("phone", "alice").open("tablet", "alice");
      for (const [index, life] of lives.entries()) {
        const ids = { run: `run_life${index}aaaaaa`, thread: `thr_life${index}aaaaaa` };
        const messageId = `msg_life${index}aaaaaa`;
        const command = { text: `hello ${index}` };
        const say = (type: string, data: object) => book.append("alice", runEvent(type, data, ids));
        book.command("phone", `c${index}`, "message.send", command);
        book.append("alice", { type: "thread_created", threadId: ids.thread, data: {} });
        say("message_accepted", { messageId, commandId: `c${index}`, ...command });
        const reply = { messageId, threadId: ids.thread, runId: ids.run, sequence: book.head("alice") };
        book.accept("phone", `c${index}`, reply);
        say("agent_started", { agent: "agent", messageId });
        const texts: string[] = [];
        let attempt = 1;
        for (const [number, part] of life.steps.entries()) {
          const step = number + 1;
          if (part.do === "say") {
            say("agent_thinking", { step });
            book.add({ kind: "model_began", node: "node1", user: "alice", runId: ids.run, step });
            const half = Math.floor(part.text.length / 2);
            say("agent_delta", { step, offset: 0, text: part.text.slice(0, half) });
            say("agent_delta", { step, offset: half, text: part.text.slice(half) });
            texts.push(part.text);
          } else if (part.do === "call") {
            const callId = `call_life${index}step${step}`;
            say("tool_executing", { callId, tool: "charge", input: { of: 1 } });
            book.add(began({ runId: ids.run, callId, key: callId }));
            if (part.returns) book.add({ kind: "tool_ended", callId, how: "returned" });
            const outcome = part.returns ? completed("completed", { output: 1 }) : completed("unknown");
            say("tool_completed", { ...outcome, callId });
          } else if (part.do === "resume") {
            attempt += 1;
            book.add({ kind: "hindered", by: "failed_commit", node: null, forMs: 1 });
            say("run_resumed", { attempt, step: step + 1 });
          } else if (part.do === "come back") {
            book.reopen("tablet", "alice", Math.max(0, book.head("alice") - part.after)).catchUp("tablet");
          } else {
            book.command("tablet", `c${index}`, "message.send", command);
            book.accept("tablet", `c${index}`, reply, true);
          }
        }
        if (life.stopped) {
          book.command("tablet", `s${index}`, "run.stop", { runId: ids.run });
          say("run_stop_requested", {});
          book.accept("tablet", `s${index}`, { runId: ids.run, state: "stopping" });
        }
        const text = texts.join("\n\n");
        say("agent_completed", text === "" ? { outcome: "completed" } : answer(text));
      }
      book.settle();
      expect(checkHistory(book.observations)).toEqual([]);
    }),
  );
});
