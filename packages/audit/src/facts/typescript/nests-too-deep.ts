/** The parser gives up without a word, and the process with it, at about three times these in a thread's small stack. */
const maximumBrackets = 1000;
const maximumOperators = 2000;

/**
 * The offset at which a text may nest deeper than the parser can go: brackets in brackets, or a long run of operators that
 * nest to the right (`a => b => …`, `a ? b : c ? …`, `A<B<…`). Counted over the characters, so a little too careful; text
 * that people write stays far below.
 */
export function nestsTooDeep(text: string): number | undefined {
  let brackets = 0;
  let operators = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x28: // (
      case 0x5b: // [
      case 0x7b: // {
        brackets += 1;
        if (brackets > maximumBrackets) return at;
        break;
      case 0x29: // )
      case 0x5d: // ]
        if (brackets > 0) brackets -= 1;
        break;
      case 0x7d: // }
        if (brackets > 0) brackets -= 1;
        operators = 0;
        break;
      case 0x2c: // ,
      case 0x3b: // ;
        operators = 0;
        break;
      case 0x3c: // <
      case 0x3d: // =
      case 0x3f: // ?
        // A row of the same is one operator, or the underline of a heading.
        if (text.charCodeAt(at - 1) !== text.charCodeAt(at)) operators += 1;
        if (operators > maximumOperators) return at;
        break;
      case 0x22: // "
      case 0x27: // '
        at = endOfString(text, at);
        break;
      case 0x2f: // /
        at = endOfComment(text, at);
        break;
      default:
    }
  }
  return undefined;
}

/** An apostrophe in the text of an element is no string: nothing to skip when its line has no second one. */
function endOfString(text: string, start: number): number {
  const end = text.indexOf(text.charAt(start), start + 1);
  if (end === -1) return start;
  const lineEnd = text.indexOf("\n", start);
  return lineEnd === -1 || end < lineEnd ? end : start;
}

function endOfComment(text: string, start: number): number {
  const next = text.charCodeAt(start + 1);
  if (next === 0x2a) {
    const end = text.indexOf("*/", start + 2);
    return end === -1 ? text.length : end + 1;
  }
  if (next !== 0x2f) return start;
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end;
}
