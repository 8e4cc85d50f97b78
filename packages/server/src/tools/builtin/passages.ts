/** Long enough for a thought, short enough that looking through one costs nothing. */
export const passageCharactersMax = 1_200;

/**
 * Cuts a text into passages of at most `passageCharactersMax` UTF-16 units that together are the text: at the end of a
 * paragraph where that leaves a passage of some length, else at the end of a line, a sentence or a word, and within a word
 * only where there is nothing else.
 */
export function* passagesOf(text: string): Generator<string> {
  let start = 0;
  while (text.length - start > passageCharactersMax) {
    const end = start + cutOf(text.slice(start, start + passageCharactersMax));
    yield text.slice(start, end);
    start = end;
  }
  if (start < text.length) yield text.slice(start);
}

const ends = [/\n\s*\n/g, /\n/g, /[.!?…]["'”’)]*\s/g, /\s/g] as const;

/** Where a piece is cut: behind the last end of the best kind that stands in its second half. */
function cutOf(piece: string): number {
  for (const end of ends) {
    const last = [...piece.matchAll(end)].at(-1);
    if (last !== undefined && last.index >= piece.length / 2) return last.index + last[0].length;
  }
  // Half of a surrogate pair is no text.
  return piece.length - (/[\ud800-\udbff]$/.test(piece) ? 1 : 0);
}
