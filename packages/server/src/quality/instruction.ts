import { actionVerbs } from "./lexicon.ts";
import { type Sentence, wordsOf } from "./text.ts";

/** "Add …", "then run …", "Today, Maria: rotate …", "you can restart …", "we will move …". */
export function tellsWhatToDo({ original, words }: Sentence): boolean {
  const begins = original.split(/[:;,]\s+/).some((clause) => {
    const verb = wordsOf(clause).find((word) => !leads.has(word) && !/^\d+$/.test(word));
    return verb !== undefined && actionVerbs.has(verb);
  });
  if (begins) return true;
  const modal = words.findIndex((word) => modals.has(word));
  return modal >= 0 && words.slice(modal + 1, modal + 4).some((word) => actionVerbs.has(word));
}
const leads = new Set(
  "please then next first second third finally afterwards and also step now once immediately today tomorrow if".split(
    " ",
  ),
);
const modals = new Set("should must will can to let's let need needs would shall".split(" "));
