import { defaultLimits, type ThreadId } from "@throughline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoredEvent } from "../log/stored-event.ts";
import { Frame } from "./frame.ts";
import { frameSizes } from "./subscription.ts";

const threadId = "thr_aaaaaaaaaa" as ThreadId;

function storedEvents(titles: readonly string[]): StoredEvent[] {
  return titles.map((title, index) =>
    StoredEvent.encode({ type: "thread_renamed", threadId, data: { title } }, index + 1, "2026-11-23T13:05:09.007Z"),
  );
}
const frameBytes = (part: readonly StoredEvent[]) => Frame.ofEvents("epoch1", part).bytes.byteLength;

describe("events in frames", () => {
  test("keep their order, each in one frame, and no frame exceeds a maximum unless one event alone does", () => {
    // Counted in code units, a frame of these held up to three times the bytes that it may.
    const titles = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.string({ unit: fc.constantFrom("語", "🙂", "ü"), maxLength: 300 }),
    );
    fc.assert(
      fc.property(
        fc.array(titles, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4_000 }),
        (given, eventsMax, bytesMax) => {
          const events = storedEvents(given);
          const parts = [...frameSizes(events, eventsMax, bytesMax)];
          expect(parts.flat()).toEqual(events);
          for (const part of parts) {
            expect(part.length).toBeGreaterThan(0);
            expect(part.length).toBeLessThanOrEqual(eventsMax);
            if (part.length > 1) expect(frameBytes(part)).toBeLessThanOrEqual(bytesMax);
          }
        },
      ),
    );
  });

  test("go together up to the maximum number", () => {
    const events = storedEvents(Array.from({ length: 1_025 }, () => "title"));
    const { eventsFrameEventsMax, eventsFrameBytesMax } = defaultLimits;
    const parts = [...frameSizes(events, eventsFrameEventsMax, eventsFrameBytesMax)];
    expect(parts.map((part) => part.length)).toEqual([512, 512, 1]);
  });

  test("go together up to the maximum number of bytes, and one event that is larger goes alone", () => {
    const [small, large] = [
      storedEvents(["a"])[0] as StoredEvent,
      storedEvents(["b".repeat(10_000)])[0] as StoredEvent,
    ];
    // The room that a frame keeps for its cursor depends on the longest one.
    const two = frameBytes([small, small]) + 50;
    expect([...frameSizes([small, small, small], 9, two)].map((part) => part.length)).toEqual([2, 1]);
    expect([...frameSizes([large, small, large, small, small], 9, two)].map((part) => part.length)).toEqual([
      1, 1, 1, 2,
    ]);
  });
});
