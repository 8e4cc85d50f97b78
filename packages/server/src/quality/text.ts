/** A text as the measures read it. Words are compared in lower case; what is shown is always the original. */
export interface Text {
  readonly original: string;
  /** Prose sentences, in order; code blocks are not among them. At most `sentencesMax`, the rest is not judged. */
  readonly sentences: readonly Sentence[];
  readonly words: readonly string[];
  /** Values with digits, as they stand: `12`, `3.5`, `40%`, `1,200`. */
  readonly numbers: readonly string[];
  /** Lines that are items of a list. */
  readonly listItems: readonly string[];
  readonly codeBlocks: number;
}

export interface Sentence {
  readonly original: string;
  readonly words: readonly string[];
}

/** Comparing every sentence with every other one is what judging costs. */
const sentencesMax = 400;

const codeBlock = /```[\s\S]*?(?:```|$)/g;
const listMarker = /^\s*(?:[-*•]|\d{1,3}[.)])\s+/;
const number = /\d[\d,]*(?:\.\d+)?\s?%?/g;
const word = /[\p{L}\p{N}]+(?:[.'’_-][\p{L}\p{N}]+)*/gu;
/** An end of a sentence: not the point in `3.5` or `e.g.`, nor in the name of a file. */
const sentenceEnd = /(?<=[.!?])(?<!\b(?:e\.g|i\.e|etc|vs|approx|no|fig)\.)\s+(?=[\p{Lu}\p{N}"'“(*`])/u;

export function readText(original: string): Text {
  const codeBlocks = original.match(codeBlock)?.length ?? 0;
  const prose = original.replace(codeBlock, "\n");
  const lines = prose.split(/\n+/).map((line) => line.trim());
  const listItems = lines.filter((line) => listMarker.test(line)).map((line) => line.replace(listMarker, ""));
  const sentences = lines
    .map((line) => line.replace(listMarker, "").replace(/^#+\s+/, ""))
    .flatMap((line) => line.split(sentenceEnd))
    .map((sentence) => ({ original: sentence.trim(), words: wordsOf(sentence) }))
    .filter(({ words }) => words.length > 0)
    .slice(0, sentencesMax);
  return {
    original,
    sentences,
    words: sentences.flatMap(({ words }) => words),
    numbers: prose.match(number) ?? [],
    listItems,
    codeBlocks,
  };
}

export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(word) ?? [];
}

/** Part of the whole, 0 when there is no whole. */
export function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** 0 at or below `from`, 1 at or above `to`, straight in between. */
export function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** How many of the phrases stand in the text as whole words, each place once. */
export function phrasesIn(text: string, phrases: readonly RegExp[]): string[] {
  return phrases.flatMap((phrase) => text.match(phrase) ?? []);
}
