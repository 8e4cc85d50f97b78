import { type Event, formatCursor, type ThreadId } from "@throughline/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FeedReader } from "./feed-reader.ts";

const threadId = "thr_aaaaaaaaaa" as ThreadId;
const at = "2026-01-01T00:00:00.000Z";
const event = (sequence: number) => ({ sequence, type: "thread_renamed", threadId, at, data: { title: "t" } }) as Event;
const compacted = (sequence: number, through: number) =>
  ({ sequence, type: "compacted", threadId, at, data: { through } }) as Event;

const cursor = (sequence: number) => formatCursor("epoch1", sequence);

function readerAt(sequence: number): FeedReader {
  const reader = new FeedReader();
  reader.moveTo(cursor(sequence));
  return reader;
}

test("whatever is repeated, cut or skipped: every event once, in order, and never past a gap", () => {
  const deliveries = fc.array(
    fc.record({ from: fc.integer({ min: 1, max: 30 }), count: fc.integer({ min: 1, max: 8 }) }),
    {
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(deliveries, (given) => {
      const reader = readerAt(0);
      const seen: number[] = [];
      for (const { from, count } of given) {
        const place = reader.sequence;
        const given = Array.from({ length: count }, (_, index) => event(from + index));
        const { events, gap } = reader.read(given, formatCursor("epoch2", from + count - 1));
        seen.push(...events.map(({ sequence }) => sequence));
        expect(gap).toBe(from > place + 1);
        expect(reader.cursor).toBe(formatCursor(reader.sequence === 0 ? "epoch1" : "epoch2", reader.sequence));
      }
      expect(seen).toEqual(Array.from({ length: reader.sequence }, (_, index) => index + 1));
    }),
  );
});

test("a compacted range accounts for what it stands for", () => {
  const reader = readerAt(3);
  expect(reader.read([compacted(2, 8), event(9)], cursor(9))).toEqual({
    events: [compacted(2, 8), event(9)],
    gap: false,
  });
  expect(reader.sequence).toBe(9);
  expect(reader.read([compacted(2, 8)], cursor(8))).toEqual({ events: [], gap: false });
  expect(reader.read([compacted(11, 20)], cursor(20))).toEqual({ events: [], gap: true });
});

test("what came before a gap in the same frame counts, and is not let through again after it was asked for again", () => {
  const reader = readerAt(0);
  expect(reader.read([event(1), event(2), event(4)], cursor(4))).toEqual({ events: [event(1), event(2)], gap: true });
  expect(reader.cursor).toBe(cursor(0));
  const again = [event(1), event(2), event(3), event(4)];
  expect(reader.read(again, cursor(4))).toEqual({ events: [event(3), event(4)], gap: false });
  expect(reader.cursor).toBe(cursor(4));
});
