import type { ThreadId } from "@throughline/protocol";
import { serverFrameSchema } from "@throughline/protocol/schemas";
import { describe, expect, test } from "vitest";
import { type NewEvent, StoredEvent } from "../log/stored-event.ts";
import { Frame } from "./frame.ts";

const threadId = "thr_aaaaaaaaaa" as ThreadId;

function stored(sequence: number, title: string): StoredEvent {
  const event: NewEvent = { type: "thread_created", threadId, data: { title }, private: { secret: "hunter2" } };
  return StoredEvent.encode(event, sequence, "2026-11-23T13:05:09.007Z");
}

describe("a frame of events", () => {
  test("is the stored encodings as they are, with the place after the last", () => {
    const events = [stored(7, "one"), stored(8, 'two, "quoted"\n'), stored(9, "drei: ü, 語, 🙂")];
    const frame = Frame.ofEvents("epoch1", events);
    expect(frame.text).toBe(
      `{"kind":"events","events":[${events.map((event) => event.text).join(",")}],"cursor":"epoch1-9"}`,
    );
    expect(frame.kind).toBe("events");
    expect(frame.cursor).toBe("epoch1-9");
    expect(serverFrameSchema.parse(JSON.parse(frame.text))).toEqual({
      kind: "events",
      events: events.map((event) => event.event),
      cursor: "epoch1-9",
    });
    expect(frame.text).not.toContain("hunter2");
  });

  test("ends, after a compacted event, at the place that this one stands for", () => {
    const compacted = StoredEvent.encode({ type: "compacted", threadId, data: { through: 41 } }, 8, "x");
    expect(Frame.ofEvents("epoch1", [stored(7, "one"), compacted]).cursor).toBe("epoch1-41");
  });

  test("is encoded as bytes once, in UTF-8", () => {
    const frame = Frame.ofEvents("epoch1", [stored(1, "ü, 語, 🙂")]);
    expect(frame.bytes.toString("utf8")).toBe(frame.text);
    expect(frame.bytes.byteLength).toBeGreaterThan(frame.text.length);
    expect(frame.bytes).toBe(frame.bytes);
  });
});

describe("other frames", () => {
  test("a reset names the head to go on from", () => {
    const frame = Frame.ofReset("epoch1", "truncated", 12);
    expect(serverFrameSchema.parse(JSON.parse(frame.text))).toEqual({
      kind: "reset",
      reason: "truncated",
      head: "epoch1-12",
    });
    expect([frame.kind, frame.cursor]).toEqual(["reset", "epoch1-12"]);
  });

  test("moves nobody unless it says where to", () => {
    expect(Frame.of({ kind: "pong" }).cursor).toBeUndefined();
    expect(Frame.of({ kind: "pong" }).text).toBe('{"kind":"pong"}');
    expect(Frame.of({ kind: "pong" }, "epoch1-3").cursor).toBe("epoch1-3");
  });
});
