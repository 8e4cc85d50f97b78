import { contentTypes, measureNames } from "@throughline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rules } from "./content-types.ts";
import { goldenTexts } from "./golden-texts.ts";
import { scoreText } from "./score-text.ts";

describe("golden texts", () => {
  test.each(goldenTexts)("$contentType: $name", ({ because, name: _name, ...given }) => {
    const verdict = scoreText(given);
    const codes = verdict.issues.map(({ code }) => code);
    expect({ passed: verdict.passed, codes }, JSON.stringify(verdict, undefined, 1)).toEqual({
      passed: because.length === 0,
      codes: because.length === 0 ? [] : expect.arrayContaining([...because]),
    });
  });

  test("are many, and of every type both kinds", () => {
    expect(goldenTexts.length).toBeGreaterThanOrEqual(60);
    for (const contentType of contentTypes) {
      const ofType = goldenTexts.filter((text) => text.contentType === contentType);
      expect([
        ofType.some(({ because }) => because.length === 0),
        ofType.some(({ because }) => because.length > 0),
      ]).toEqual([true, true]);
    }
    expect(new Set(goldenTexts.map(({ name }) => name)).size).toBe(goldenTexts.length);
  });
});

test("the weights of each type sum to 1", () => {
  for (const contentType of contentTypes) {
    expect(Object.values(rules[contentType].weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10);
  }
});

describe("what the question changes", () => {
  const text = "The meeting is on Tuesday at 10:00 in room 4. Bring the printed contracts.";

  test("relevance, and nothing else", () => {
    const asked = scoreText({ text, contentType: "general", question: "When is the meeting?" });
    const other = scoreText({ text, contentType: "general", question: "How do whales sleep?" });
    expect([asked.scores.relevance, other.scores.relevance]).toEqual([1, 0]);
    expect({ ...other.scores, relevance: 1 }).toEqual(asked.scores);
  });

  test("the same text is judged anew for another question", () => {
    const judge = (question: string) =>
      scoreText({ text, contentType: "data_analysis", question }).issues.map(({ code }) => code);
    expect(judge("How do whales sleep?")).toContain("relevance");
    expect(judge("When is the meeting?")).not.toContain("relevance");
  });
});

test("terms count however they are written", () => {
  const specificity = (text: string) => scoreText({ text, contentType: "optimization" }).scores.specificity;
  expect(specificity("The GPU is busy, p95 is high.")).toBeGreaterThan(specificity("The thing is busy, it is high."));
});

test("each fault costs the score what it costs, and sentences that nobody can follow cost clarity", () => {
  const good =
    "Restart the store with `restart.sh` within 5 minutes. Then check p95 and open a ticket for the platform team.";
  const score = (more: string) => scoreText({ text: `${good} ${more}`, contentType: "error_message" });
  const circular = score("It is slow because it is slow.");
  const harmless = score("It is slow because it is full.");
  expect(Math.round((harmless.score - circular.score) * 100)).toBe(20);
  const long = `Check ${"the log of the server and ".repeat(5)}the disk.`;
  expect(score(long).scores.clarity).toBeLessThan(score("Check the log. Check the disk.").scores.clarity);
});

test("figures with a source are no risk", () => {
  const text = "Sales were 1,234,567 and returns 98,765. Orders were 45,678 and 12,345 were open. 54,321 are new.";
  const risk = (given: object) => scoreText({ text, contentType: "data_analysis", ...given }).hallucinationRisk;
  expect(risk({})).toBeGreaterThan(0.5);
  expect(risk({ hasSources: true })).toBe(0);
  expect(scoreText({ text: `${text} Source: ledger.`, contentType: "data_analysis" }).hallucinationRisk).toBe(0);
});

describe("whatever is given", () => {
  const words = fc.constantFrom(
    ...[
      "the",
      "index",
      "because",
      "slow",
      "Add",
      "42%",
      "p95",
      "it is important to note",
      "always",
      "\n- ",
      ". ",
      "```",
      "🙂",
      "\ud800",
    ],
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.array(words, { maxLength: 80 }).map((all) => all.join(" ")),
  );

  test("the verdict is well formed, the same every time, and passes exactly without issues", () => {
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom(...contentTypes),
        fc.boolean(),
        fc.option(texts, { nil: undefined }),
        (text, contentType, strict, question) => {
          const given = { text, contentType, strict, ...(question === undefined ? {} : { question }) };
          const verdict = scoreText(given);
          expect(scoreText(given)).toEqual(verdict);
          expect(verdict.passed).toBe(verdict.issues.length === 0);
          for (const value of [
            verdict.score,
            verdict.hallucinationRisk,
            verdict.redundancy,
            ...measureNames.map((name) => verdict.scores[name]),
          ]) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
          expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("strict never passes what plain refuses", () => {
    fc.assert(
      fc.property(fc.constantFrom(...goldenTexts), ({ text, contentType, question }) => {
        const given = { text, contentType, ...(question === undefined ? {} : { question }) };
        if (scoreText({ ...given, strict: true }).passed) expect(scoreText(given).passed).toBe(true);
      }),
    );
  });

  test("boilerplate never makes a text better", () => {
    fc.assert(
      fc.property(fc.constantFrom(...goldenTexts), ({ text, contentType, question }) => {
        const given = { contentType, ...(question === undefined ? {} : { question }) };
        const padded = `${text} At the end of the day, it depends on various factors, and best practices play a key role.`;
        expect(scoreText({ text: padded, ...given }).genericPhrases).toBeGreaterThan(
          scoreText({ text, ...given }).genericPhrases,
        );
        expect(scoreText({ text: padded, ...given }).passed && !scoreText({ text, ...given }).passed).toBe(false);
      }),
    );
  });
});

test("a megabyte is judged in linear time: no more sentences than are compared", () => {
  const text = "The quick brown fox jumps over the lazy dog number 7. ".repeat(20_000);
  const verdict = scoreText({ text, contentType: "report", question: "fox" });
  expect(verdict.counts.sentences).toBe(400);
  expect(verdict.redundancy).toBeGreaterThan(0.9);
});

// Digits and the like once took a minute: 64 s for 32 KiB. Each of these is at the limit of what may be judged.
test.each(
  ["1", "1,", "a=", "-a", "_", "a_", "A", "aA", "a.", "/a", "/", "--a", "`", '"', "a ", " ", "1 ", "é", "x_1."].flatMap(
    (piece) => [piece, `${piece}!`],
  ),
)("a hostile text of %j over and over is judged", (piece) => {
  const text = `${piece.repeat(Math.ceil(65_536 / piece.length)).slice(0, 65_535)}1`;
  expect(scoreText({ text, contentType: "optimization", question: "fox" }).counts).toBeDefined();
});
