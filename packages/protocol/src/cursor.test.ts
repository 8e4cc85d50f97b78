import fc from "fast-check";
import { expect, test } from "vitest";
import { formatCursor, parseCursor } from "./cursor.ts";
import { epochs, texts } from "./wire-arbitraries.ts";

test("a cursor parses to the place it was made of", () => {
  fc.assert(
    fc.property(epochs, fc.maxSafeNat(), (epoch, sequence) => {
      expect(parseCursor(formatCursor(epoch, sequence))).toEqual({ epoch, sequence });
    }),
  );
});

test("whatever parses is the one spelling of its place, and a place that numbers can hold", () => {
  // Pieces of cursors, put together so that most of them are wrong by little.
  const pieces = fc.constantFrom("abcd", "ab", "-", "0", "00", "7", "9007199254740991", "9007199254740992", " ", "\n");
  const nearly = fc.array(pieces, { maxLength: 5 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(nearly, texts, fc.anything()), (hostile) => {
      const place = parseCursor(hostile);
      if (place === undefined) return;
      expect(formatCursor(place.epoch, place.sequence)).toBe(hostile);
      expect(Number.isSafeInteger(place.sequence)).toBe(true);
      expect(place.sequence).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["nothing", ""],
  ["no sequence", "abcd-"],
  ["no epoch", "-7"],
  ["a short epoch", "abc-7"],
  ["a long epoch", `${"a".repeat(33)}-7`],
  ["a capital", "Abcd-7"],
  ["a leading zero", "abcd-07"],
  ["a sign", "abcd--7"],
  ["a fraction", "abcd-7.0"],
  ["an exponent", "abcd-1e3"],
  ["a line break", "abcd-7\n"],
  ["Arabic digits", "abcd-٧"],
  ["a sequence above 2^53 − 1", "abcd-9007199254740992"],
  ["too many digits", `abcd-1${"0".repeat(400)}`],
  ["a list", ["abcd-7"]],
  ["an object", { toString: (): string => "abcd-7" }],
])("%s is no cursor", (_, text) => {
  expect(parseCursor(text)).toBeUndefined();
});

test("the largest sequence and the empty feed have cursors", () => {
  expect(parseCursor("abcd-9007199254740991")).toEqual({ epoch: "abcd", sequence: Number.MAX_SAFE_INTEGER });
  expect(parseCursor("abcd-0")).toEqual({ epoch: "abcd", sequence: 0 });
});
