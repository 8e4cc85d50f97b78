import fc from "fast-check";
import { expect, test } from "vitest";
import { passageCharactersMax, passagesOf } from "./passages.ts";

const piece = fc.constantFrom("word ", "A sentence. ", "\n", "\n\n", "x".repeat(700), "🙂", "é");
const texts = fc.array(piece, { maxLength: 600 }).map((pieces) => pieces.join(""));

test("whatever the text, its passages are the text, short, and never half of a character", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const passages = [...passagesOf(text)];
      expect(passages.join("")).toBe(text);
      for (const passage of passages) {
        expect(passage.length).toBeGreaterThan(0);
        expect(passage.length).toBeLessThanOrEqual(passageCharactersMax);
        expect(passage.isWellFormed()).toBe(true);
      }
    }),
  );
});

test("a text is cut where it pauses: between paragraphs, else lines, else sentences, else words", () => {
  const long = (unit: string, end: string) =>
    `${unit.repeat(Math.floor(1_000 / unit.length))}${end}${unit.repeat(200)}`;
  for (const [unit, end] of [
    ["some words. And\n", "the end\n\n"],
    ["some words. And ", "the end\n"],
    ["some words and ", "the end. "],
    ["word ", "end "],
  ] as const) {
    const [first] = passagesOf(long(unit, end));
    expect(first?.endsWith(end), JSON.stringify(end)).toBe(end !== "end ");
    expect(first).toMatch(/\s$/);
  }
});
