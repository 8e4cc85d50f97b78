/** The seven scores, each from 0 to 1. All are lexical: they judge how a text is written, not whether it is true. */
import type { MeasureName } from "@throughline/protocol";
import type { Rule } from "./content-types.ts";
import { tellsWhatToDo } from "./instruction.ts";
import { assignment, genericPhrases, stepWords, stopWords, technicalTerm, unit, vagueWords } from "./lexicon.ts";
import { phrasesIn, ramp, share, type Text, wordsOf } from "./text.ts";

export interface MeasureInput {
  readonly text: Text;
  /** What was asked, if that is known. */
  readonly question: string | undefined;
  readonly rule: Rule;
}

export const measures: Readonly<Record<MeasureName, (input: MeasureInput) => number>> = {
  specificity,
  actionability,
  quantification,
  relevance,
  completeness,
  novelty,
  clarity,
};

/** Names, settings, files and figures against words that could stand anywhere. */
function specificity({ text }: MeasureInput): number {
  const concrete =
    countOf(text.original, technicalTerm) + countOf(text.original, unit) + countOf(text.original, assignment);
  const named = properNames(text);
  const perSentence = share(concrete + named, text.sentences.length);
  const vague = share(text.words.filter((word) => vagueWords.has(word)).length, text.words.length);
  return clamp(0.15 + 0.85 * ramp(perSentence, 0, 1.2) + Math.min(0.15, text.codeBlocks * 0.15) - 3 * vague);
}

/** Sentences and items that tell somebody to do something, and steps in an order. */
function actionability({ text }: MeasureInput): number {
  const telling = text.sentences.filter(tellsWhatToDo).length;
  const ordered = text.listItems.length >= 2 ? 0.15 : 0;
  const steps = text.sentences.filter(({ words }) => words.slice(0, 3).some((word) => stepWords.has(word))).length;
  const objects =
    share(countOf(text.original, technicalTerm) + text.numbers.length, Math.max(1, telling)) > 0 ? 0.1 : 0;
  if (telling === 0) return text.codeBlocks > 0 ? 0.4 : 0;
  return clamp(
    0.3 + 0.5 * ramp(share(telling, text.sentences.length), 0, 0.5) + ordered + objects + Math.min(0.1, steps * 0.05),
  );
}

/** Numbers that carry a unit, and comparisons of them. */
function quantification({ text }: MeasureInput): number {
  const measured = countOf(text.original, unit);
  const bare = Math.max(0, text.numbers.length - measured);
  const compared = countOf(text.original, comparison);
  return clamp(share(measured + 0.4 * bare + 0.5 * compared, Math.max(1, text.sentences.length)) / 0.9);
}
const comparison =
  /(?<![\p{L}])(?:from\s+[$€£]?\d[^.!?]{0,30}?\s+to\s+[$€£]?\d|up|down|fell|rose|grew|dropped|increased|decreased|reduced|compared (?:to|with)|versus|vs)(?![\p{L}])/giu;

/** How much of what was asked comes up; without a question nothing can be missed. */
function relevance({ text, question }: MeasureInput): number {
  if (question === undefined) return 1;
  const asked = new Set(
    wordsOf(question)
      .filter((word) => !stopWords.has(word))
      .map(stem),
  );
  if (asked.size === 0) return 1;
  const said = new Set(text.words.map(stem));
  const found = [...asked].filter((word) => said.has(word)).length;
  return clamp(share(found, asked.size) / 0.6);
}

/** Parts that a text of this type has, and enough of it to hold them. */
function completeness({ text, rule }: MeasureInput): number {
  const enough = ramp(text.words.length, 4, 25);
  const present = rule.parts.filter((part) => part.isIn(text)).length;
  const parts = rule.parts.length === 0 ? 1 : present / rule.parts.length;
  return clamp(0.8 * parts + 0.2 * enough);
}

/** The share of a text that is its own: not boilerplate, and not the same words again. */
function novelty({ text }: MeasureInput): number {
  const boilerplate = phrasesIn(text.original, genericPhrases).reduce((sum, phrase) => sum + wordsOf(phrase).length, 0);
  const content = text.words.filter((word) => !stopWords.has(word));
  const variety = share(new Set(content.map(stem)).size, content.length);
  return clamp(ramp(variety, 0.25, 0.75) - 2 * share(boilerplate, text.words.length));
}

/** Sentences of a length that can be followed, said once and plainly. */
function clarity({ text }: MeasureInput): number {
  if (text.words.length === 0) return 0;
  const lengths = text.sentences.map(({ words }) => words.length);
  const long = share(lengths.filter((length) => length > 30).length, lengths.length);
  const veryLong = share(lengths.filter((length) => length > 50).length, lengths.length);
  const vague = share(text.words.filter((word) => vagueWords.has(word)).length, text.words.length);
  const shouting = share(countOf(text.original, /\b[A-Z]{4,}\b/g), text.sentences.length);
  const fragment = text.words.length < 3 ? 0.5 : 0;
  return clamp(1 - 0.6 * long - 0.4 * veryLong - 2 * vague - 0.2 * Math.min(1, shouting) - fragment);
}

/** Words with a capital in the middle of a sentence. */
function properNames(text: Text): number {
  return text.sentences.reduce(
    (sum, { original }) => sum + (original.match(/(?<=[\p{Ll},] )\p{Lu}\p{Ll}+/gu)?.length ?? 0),
    0,
  );
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Good enough to see that "queries" and "query" are one word. */
export function stem(word: string): string {
  if (word.length <= 3) return word;
  return word
    .replace(/['’]s$/, "")
    .replace(/ies$/, "y")
    .replace(/(?:sses|shes|ches|xes)$/, (end) => end.slice(0, -2))
    .replace(/(?<![su])s$/, "")
    .replace(/(?<=\p{L}{3})(?:ing|ed|ly|er)$/u, "")
    .replace(/e$/, "");
}
