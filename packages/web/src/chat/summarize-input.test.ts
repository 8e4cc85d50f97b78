import { expect, test } from "vitest";
import { summarizeInput } from "./summarize-input.ts";

test("names the members of an object, and shows what is nested as JSON", () => {
  expect(summarizeInput({ place: "Tokyo", zones: ["a", 1], exact: true, none: null })).toBe(
    'place: Tokyo, zones: ["a",1], exact: true, none: null',
  );
  expect(summarizeInput({})).toBe("");
});

test("shows anything else as it is", () => {
  expect(summarizeInput("plain")).toBe("plain");
  expect(summarizeInput([1, 2])).toBe("[1,2]");
  expect(summarizeInput(null)).toBe("null");
});

test("stays one short line", () => {
  expect(summarizeInput("two\n  lines")).toBe("two lines");
  const long = summarizeInput({ text: "😀".repeat(500) });
  expect(Array.from(long)).toHaveLength(120);
  expect(long).toMatch(/^text: (?:😀)+…$/u);
});
