import { type CommandFrame, defaultLimits, type ReplyFrame, wireError } from "@throughline/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CommandQueue } from "./command-queue.ts";
import { memoryOutbox } from "./outbox.ts";
import { ThroughlineError } from "./throughline-error.ts";

const clientFrameBytesMax: number = defaultLimits.clientFrameBytesMax;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A queue, and what it has sent on the connection that is open now. */
function rig({ outbox = memoryOutbox(), random = (): number => 1 } = {}) {
  const queue = new CommandQueue(outbox, random);
  const sent: CommandFrame[] = [];
  return {
    queue,
    outbox,
    sent,
    texts: () => sent.map(({ data }) => ("text" in data ? data.text : undefined)),
    send: (text: string) => queue.add("message.send", { text }),
    connect: (frameBytesMax = clientFrameBytesMax) => {
      sent.length = 0;
      queue.connected((frame) => sent.push(frame), frameBytesMax);
    },
  };
}

const accepted = (id: CommandFrame["id"]): ReplyFrame =>
  ({ kind: "reply", id, ok: true, duplicate: false, data: { runId: "run_aaaaaaaa" } }) as unknown as ReplyFrame;
const refused = (id: CommandFrame["id"], ...error: Parameters<typeof wireError>): ReplyFrame => ({
  kind: "reply",
  id,
  ok: false,
  error: wireError(...error),
});

test("a command is stored before it is sent, sent under the same id on every connection, and removed with its reply", async () => {
  const { queue, outbox, sent, send, connect } = rig();
  const { id, reply } = send("one");
  expect(outbox.load()).toEqual(queue.unsent);
  for (let connection = 0; connection < 3; connection += 1) {
    connect();
    expect(sent).toEqual([{ kind: "command", id, type: "message.send", data: { text: "one" } }]);
    queue.disconnected();
  }
  connect();
  queue.settle(accepted(id));
  expect(await reply).toEqual({ runId: "run_aaaaaaaa" });
  expect(outbox.load()).toEqual([]);
  expect(queue.unsent).toEqual([]);
  queue.disconnected();
  connect();
  expect(sent).toEqual([]);
});

test("whatever is cut, lost and repeated: every command is answered once, in the order of the calls", async () => {
  const steps = fc.array(fc.constantFrom("add", "cut", "lose", "answer"), { maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const { queue, sent, send, connect } = rig();
      // A server that handles what it hears in order, and each id once.
      const taken = new Map<string, string>();
      const calls: string[] = [];
      const answers: Promise<unknown>[] = [];
      let handled = 0;
      const reconnect = () => {
        queue.disconnected();
        handled = 0;
        connect();
      };
      const take = () => {
        const frame = sent[handled];
        if (frame === undefined) return;
        handled += 1;
        taken.set(frame.id, (frame.data as { text: string }).text);
        return frame.id;
      };
      connect();
      for (const step of given) {
        if (step === "add") {
          const text = `message ${calls.length}`;
          calls.push(text);
          answers.push(send(text).reply);
        } else if (step === "cut") reconnect();
        // It took the command, and the reply was lost with the connection.
        else if (step === "lose") {
          take();
          reconnect();
        } else {
          const id = take();
          if (id !== undefined) for (const _repeat of [1, 2]) queue.settle(accepted(id));
        }
      }
      reconnect();
      for (let id = take(); id !== undefined; id = take()) queue.settle(accepted(id));
      await Promise.all(answers);
      expect([...taken.values()]).toEqual(calls);
      expect(queue.unsent).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("sixteen are on their way at a time; a reply lets the next one go", () => {
  const { queue, sent, send, connect, texts } = rig();
  for (let count = 0; count < 20; count += 1) send(String(count));
  connect();
  expect(texts()).toEqual(Array.from({ length: 16 }, (_, index) => String(index)));
  queue.settle(accepted(sent[3]?.id as CommandFrame["id"]));
  expect(texts().slice(16)).toEqual(["16"]);
});

test("a refusal that may be retried is, after the wait that the server names or the backoff", () => {
  const { queue, send, connect, texts } = rig();
  const { id } = send("one");
  connect();
  queue.settle(refused(id, "overloaded", "too much"));
  vi.advanceTimersByTime(249);
  expect(texts()).toEqual(["one"]);
  vi.advanceTimersByTime(1);
  expect(texts()).toEqual(["one", "one"]);
  queue.settle(refused(id, "rate_limited", "too often", { retryAfterMs: 7_000 }));
  vi.advanceTimersByTime(6_999);
  expect(texts()).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(texts()).toHaveLength(3);
  expect(queue.unsent).toHaveLength(1);
});

test("it is given up after the seventh refusal, with the server's error", async () => {
  const { queue, outbox, sent, send, connect } = rig();
  const { id, reply } = send("one");
  connect();
  for (let refusal = 1; refusal <= 7; refusal += 1) {
    expect(sent).toHaveLength(refusal);
    queue.settle(refused(id, "overloaded", `refusal ${refusal}`));
    vi.advanceTimersByTime(20_000);
  }
  expect(sent).toHaveLength(7);
  await expect(reply).rejects.toMatchObject({ code: "overloaded", message: "refusal 7", retryable: true });
  expect(outbox.load()).toEqual([]);
});

test("a refusal for good rejects at once, and a second reply to the same id changes nothing", async () => {
  const { queue, send, connect } = rig();
  const { id, reply } = send("one");
  const told = vi.fn();
  queue.onUnsent(told);
  connect();
  queue.settle(refused(id, "invalid_data", "no"));
  queue.settle(accepted(id));
  queue.settle(refused(id, "internal", "again"));
  await expect(reply).rejects.toThrow(new ThroughlineError(wireError("invalid_data", "no")));
  expect(told).toHaveBeenCalledTimes(1);
});

test("regression: a message does not overtake an earlier one that waits to be tried again; a stop does", () => {
  const { queue, send, connect, sent, texts } = rig();
  const first = send("first");
  const second = send("second");
  connect();
  queue.settle(refused(first.id, "rate_limited", "too often", { retryAfterMs: 5_000 }));
  queue.settle(refused(second.id, "rate_limited", "too often"));
  send("third");
  queue.add("run.stop", { runId: "run_aaaaaaaa" as never });
  vi.advanceTimersByTime(4_999);
  expect(sent.map(({ type }) => type)).toEqual(["message.send", "message.send", "run.stop"]);
  vi.advanceTimersByTime(1);
  expect(texts().filter((text) => text !== undefined)).toEqual(["first", "second", "first", "second", "third"]);
});

test("at the limit a command is refused as overloaded, and nothing of it is kept", async () => {
  const { queue, outbox, send } = rig();
  for (let count = 0; count < 1_000; count += 1) send(String(count));
  await expect(send("one more").reply).rejects.toMatchObject({ code: "overloaded", retryable: true });
  expect(queue.unsent).toHaveLength(1_000);
  expect(outbox.load()).toHaveLength(1_000);
});

test("regression: a command that cannot be stored is refused, and not sent later after all", async () => {
  const outbox = memoryOutbox();
  const full = {
    ...outbox,
    add: () => {
      throw new Error("QuotaExceededError");
    },
  };
  const { queue, sent, send, connect } = rig({ outbox: full });
  await expect(send("one").reply).rejects.toMatchObject({
    code: "overloaded",
    message: "unable to message.send; the outbox cannot store it: Error: QuotaExceededError",
  });
  connect();
  expect(sent).toEqual([]);
  expect(queue.unsent).toEqual([]);
});

test("regression: a command that is too large for a frame is refused here, before it makes the server hang up for ever", async () => {
  const { queue, outbox, sent, send, connect } = rig();
  await expect(send("é".repeat(clientFrameBytesMax / 2)).reply).rejects.toMatchObject({ code: "too_large" });
  const { reply } = send("x".repeat(2_000));
  const small = send("small");
  connect(1_000);
  await expect(reply).rejects.toMatchObject({ code: "too_large", retryable: false });
  expect(sent.map(({ id }) => id)).toEqual([small.id]);
  expect(queue.unsent).toEqual(outbox.load());
});

test("regression: commands of the same millisecond keep their order for the page that finds them", () => {
  const { queue, send } = rig();
  for (let count = 0; count < 20; count += 1) send(String(count));
  const times = queue.unsent.map(({ createdAt }) => createdAt);
  expect(new Set(times).size).toBe(20);
  expect([...times].sort((left, right) => left - right)).toEqual(times);
});

test("what an earlier page has left is sent under its old id, and answered to nobody", () => {
  const outbox = memoryOutbox();
  const { id } = rig({ outbox }).send("left");
  const { queue, sent, connect } = rig({ outbox });
  connect();
  expect(sent.map((frame) => frame.id)).toEqual([id]);
  queue.settle(refused(id, "forbidden", "no"));
  expect(outbox.load()).toEqual([]);
});

test("`unsent` is the same array until something changes", () => {
  const { queue, send, connect } = rig();
  const { id } = send("one");
  const before = queue.unsent;
  connect();
  expect(queue.unsent).toBe(before);
  queue.settle(accepted(id));
  expect(queue.unsent).not.toBe(before);
});
