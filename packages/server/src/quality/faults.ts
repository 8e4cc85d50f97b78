/** What takes away from a text, whatever it is about. */
import { genericPhrases, impossibleClaims, source, stopWords, unsupportedClaims } from "./lexicon.ts";
import { stem } from "./measures.ts";
import { phrasesIn, type Sentence, share, type Text } from "./text.ts";

export interface Faults {
  readonly genericPhrases: readonly string[];
  /** A sentence that explains something by itself; undefined when there is none. */
  readonly circularReasoning: string | undefined;
  /** 0 to 1. */
  readonly hallucinationRisk: number;
  /** Claims that made the risk. */
  readonly claims: readonly string[];
  /** Share of sentences that say what one before them has said. */
  readonly redundancy: number;
}

export function findFaults(text: Text, sources: boolean): Faults {
  const unsupported = phrasesIn(text.original, unsupportedClaims);
  const impossible = phrasesIn(text.original, impossibleClaims);
  const figures = sources || source.test(text.original) ? [] : (text.original.match(largeFigure) ?? []);
  return {
    genericPhrases: phrasesIn(text.original, genericPhrases),
    circularReasoning: text.sentences.find(isCircular)?.original,
    hallucinationRisk: Math.min(1, 0.2 * unsupported.length + 0.45 * impossible.length + 0.15 * figures.length),
    claims: [...impossible, ...unsupported, ...figures],
    redundancy: redundancy(text),
  };
}

/** Four digits or more with no word of where they come from; a year is none. */
const largeFigure = /(?<![\p{L}\p{N}.,-])(?!(?:19|20)\d\d(?![\d,]))\d{1,3}(?:,?\d{3})+(?![\p{L}\p{N}])/gu;

const reason = /\b(?:because|since|due to|as a result of|in order to|by|means that)\b/i;

/** "It is slow because it is slow": what follows the reason word adds nothing to what stands before it. */
function isCircular({ original }: Sentence): boolean {
  const place = reason.exec(original);
  if (place === null) return false;
  const before = contentWords(original.slice(0, place.index));
  const after = contentWords(original.slice(place.index + place[0].length));
  if (before.size === 0 || after.size === 0) return false;
  return [...after].every((word) => before.has(word));
}

const sameShare = 0.7;

function redundancy({ sentences }: Text): number {
  const seen: Set<string>[] = [];
  let repeated = 0;
  for (const { original } of sentences) {
    const words = contentWords(original);
    if (words.size < 3) continue;
    if (seen.some((other) => overlap(words, other) > sameShare)) repeated += 1;
    seen.push(words);
  }
  return share(repeated, seen.length);
}

/** Common words over all words of both. */
function overlap(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  let common = 0;
  for (const word of left) if (right.has(word)) common += 1;
  return share(common, left.size + right.size - common);
}

function contentWords(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => !stopWords.has(word)).map(stem));
}
