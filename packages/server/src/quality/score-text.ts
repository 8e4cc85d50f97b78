import {
  type ContentType,
  type MeasureName,
  measureNames,
  type QualityIssue,
  type QualityIssueCode,
  type QualityLevel,
  type QualityVerdict,
} from "@throughline/protocol";
import { rules } from "./content-types.ts";
import { findFaults } from "./faults.ts";
import { measures } from "./measures.ts";
import { readText } from "./text.ts";

export interface TextToScore {
  readonly text: string;
  readonly contentType: ContentType;
  /** What was asked: relevance is measured by it. */
  readonly question?: string;
  /** The figures come from a source that the text need not name. */
  readonly hasSources?: boolean;
  /** Every minimum a fifth higher, every maximum a fifth lower. */
  readonly strict?: boolean;
}

const strictFactor = 0.2;
const hallucinationRiskMax = 0.7;
const excerptCharactersMax = 120;

/**
 * Judges how a text is written: the same text, type and question give the same verdict, everywhere and always. It reads
 * English. It does not know whether what is said is true; `hallucinationRisk` counts what is said without support.
 */
export function scoreText(given: TextToScore): QualityVerdict {
  const { contentType, question, strict = false, hasSources = false } = given;
  const rule = rules[contentType];
  const text = readText(given.text);
  const faults = findFaults(text, hasSources);
  const input = { text, question, rule };
  const exact = Object.fromEntries(measureNames.map((name) => [name, measures[name](input)])) as Record<
    MeasureName,
    number
  >;
  const penalties =
    (faults.genericPhrases.length > 2 ? 0.1 : 0) +
    (faults.circularReasoning === undefined ? 0 : 0.2) +
    (faults.hallucinationRisk > 0.5 ? 0.15 : 0) +
    (faults.redundancy > 0.3 ? 0.1 : 0);
  const weighted = measureNames.reduce((sum, name) => sum + (rule.weights[name] ?? 0) * exact[name], 0);
  const score = text.words.length === 0 ? 0 : round(Math.max(0, weighted - penalties));

  const atLeast = (limit: number) => Math.min(1, round(strict ? limit * (1 + strictFactor) : limit));
  const atMost = (limit: number) => (strict ? limit * (1 - strictFactor) : limit);
  const issues: QualityIssue[] = [];
  const fault = (code: QualityIssueCode, message: string) => issues.push({ code, message });
  if (text.words.length === 0) fault("empty", "there is nothing to read");
  for (const name of measureNames) {
    const minimum = rule.minima[name];
    if (minimum !== undefined && round(exact[name]) < atLeast(minimum)) {
      fault(name, `${name} is ${round(exact[name])}; ${contentType} asks for ${atLeast(minimum)}`);
    }
  }
  if (faults.genericPhrases.length > atMost(rule.genericPhrasesMax)) {
    fault(
      "generic_phrases",
      `${faults.genericPhrases.length} phrases that fit any text, such as "${excerpt(faults.genericPhrases[0])}"`,
    );
  }
  if (faults.circularReasoning !== undefined) {
    fault("circular_reasoning", `a reason that repeats its claim: "${excerpt(faults.circularReasoning)}"`);
  }
  if (faults.hallucinationRisk > atMost(hallucinationRiskMax)) {
    fault(
      "hallucination_risk",
      `claims without support: ${faults.claims
        .slice(0, 5)
        .map((claim) => `"${excerpt(claim)}"`)
        .join(", ")}`,
    );
  }
  if (faults.redundancy > atMost(rule.redundancyMax)) {
    fault("redundancy", `${Math.round(faults.redundancy * 100)} % of the sentences repeat another one`);
  }
  if (score < atLeast(rule.scoreMin))
    fault("score", `the score is ${score}; ${contentType} asks for ${atLeast(rule.scoreMin)}`);

  return {
    contentType,
    strict,
    passed: issues.length === 0,
    score,
    level: levelOf(score),
    scores: Object.fromEntries(measureNames.map((name) => [name, round(exact[name])])) as Record<MeasureName, number>,
    genericPhrases: faults.genericPhrases.length,
    circularReasoning: faults.circularReasoning !== undefined,
    hallucinationRisk: round(faults.hallucinationRisk),
    redundancy: round(faults.redundancy),
    counts: { words: text.words.length, sentences: text.sentences.length, numbers: text.numbers.length },
    issues,
    suggestions: suggestionsFor(exact, contentType, issues),
  };
}

function levelOf(score: number): QualityLevel {
  if (score >= 0.9) return "excellent";
  if (score >= 0.7) return "good";
  if (score >= 0.5) return "acceptable";
  return score >= 0.3 ? "poor" : "unacceptable";
}

const advice: Readonly<Record<Exclude<QualityIssueCode, "score" | "empty" | "judge">, string>> = {
  specificity: "Name the systems, files, settings and figures that are meant.",
  actionability: "Say what to do, in steps that begin with a verb.",
  quantification: "Give figures with their units, and what they are compared with.",
  relevance: "Answer in the words of the question; leave out what was not asked.",
  completeness: "Add what is missing",
  novelty: "Replace what could stand in any answer with what is particular to this one.",
  clarity: "Use shorter sentences and plainer words.",
  generic_phrases: "Strike the phrases that fit any text.",
  circular_reasoning: "Give a reason that is not the claim itself.",
  hallucination_risk: "Say where each claim and figure comes from, or leave it out.",
  redundancy: "Say each thing once.",
};

const suggestionsMax = 3;

/** For what did not pass, then for what counts most and is weakest. */
function suggestionsFor(
  scores: Readonly<Record<MeasureName, number>>,
  contentType: ContentType,
  issues: readonly QualityIssue[],
): string[] {
  const rule = rules[contentType];
  const loss = (name: MeasureName) => (rule.weights[name] ?? 0) * (1 - scores[name]);
  const weakest = measureNames.filter((name) => loss(name) > 0.05).sort((left, right) => loss(right) - loss(left));
  const codes = new Set<string>([...issues.map(({ code }) => code), ...weakest]);
  return [...codes]
    .filter((code): code is keyof typeof advice => Object.hasOwn(advice, code))
    .slice(0, suggestionsMax)
    .map((code) =>
      code === "completeness"
        ? `${advice[code]}: ${rule.parts.map(({ name }) => name).join(", ") || "more detail"}.`
        : advice[code],
    );
}

function excerpt(text: string | undefined): string {
  const line = (text ?? "").replace(/\s+/g, " ").trim();
  return line.length <= excerptCharactersMax ? line : `${line.slice(0, excerptCharactersMax - 1).toWellFormed()}…`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
