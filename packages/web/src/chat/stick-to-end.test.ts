import { expect, test } from "vitest";
import { isAtEnd, sticksAfterScroll } from "./stick-to-end.ts";

const at = (top: number, contentHeight = 2_000) => ({ top, contentHeight, viewportHeight: 500 });

test("the end is where less than a line or two is below", () => {
  expect(isAtEnd(at(1_500))).toBe(true);
  expect(isAtEnd(at(1_460))).toBe(true);
  expect(isAtEnd(at(1_450))).toBe(false);
});

test("moving up lets go of the end, moving down to it takes hold again", () => {
  expect(sticksAfterScroll(true, 1_500, at(1_200))).toBe(false);
  expect(sticksAfterScroll(false, 1_200, at(1_300))).toBe(false);
  expect(sticksAfterScroll(false, 1_300, at(1_500))).toBe(true);
});

test("content that has grown meanwhile does not let go of the end", () => {
  expect(sticksAfterScroll(true, 1_400, at(1_500, 4_000))).toBe(true);
});
