/** Searched for in the whole text first: hardly any file has one, and then no comment has to be looked at. */
export const ignoreMark = "audit-ignore:";

/** A generator signs at the top; further down the words are only talked about. */
export const lastLineOfGeneratedMark = 10;

export function isGeneratedMark(comment: string): boolean {
  return /@generated\b|\bdo not edit\b/i.test(comment);
}
