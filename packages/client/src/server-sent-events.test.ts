import fc from "fast-check";
import { expect, test } from "vitest";
import { ServerSentEvents } from "./server-sent-events.ts";

/** What a parser makes of the bytes when they arrive in pieces that end at `cuts`. */
function parse(bytes: Uint8Array, cuts: readonly number[]): { data: string[]; comments: number } {
  const data: string[] = [];
  let comments = 0;
  const parser = new ServerSentEvents(
    (text) => data.push(text),
    () => (comments += 1),
  );
  const decoder = new TextDecoder();
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((left, right) => left - right), bytes.length];
  let from = 0;
  for (const to of places) {
    parser.push(decoder.decode(bytes.subarray(from, to), { stream: true }));
    from = to;
  }
  return { data, comments };
}

test("the same data and comments, however the bytes are split and whatever ends the lines", () => {
  const frame = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => JSON.stringify({ text }));
  const cuts = fc.array(fc.nat({ max: 2_000 }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.constantFrom("\n", "\r\n"), cuts, (frames, end, cutAt) => {
      const lines = frames.flatMap((data) => [": heartbeat", "event: events", "id: epoch1-7", `data: ${data}`, ""]);
      const bytes = new TextEncoder().encode(lines.map((line) => line + end).join(""));
      expect(parse(bytes, cutAt)).toEqual({ data: frames, comments: frames.length });
    }),
  );
});

test("what the stream ends in the middle of is not handed over", () => {
  const bytes = new TextEncoder().encode('data: {"whole":1}\n\ndata: {"cut":1}\n');
  expect(parse(bytes, [])).toEqual({ data: ['{"whole":1}'], comments: 0 });
});

test("data of several lines is one, and the space after the colon is not part of it", () => {
  const bytes = new TextEncoder().encode("data:one\ndata:  two\n\n\n\ndata\n\n");
  expect(parse(bytes, []).data).toEqual(["one\n two"]);
});
