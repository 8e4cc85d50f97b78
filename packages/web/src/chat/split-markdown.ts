/** A fence, up to its info; a backtick fence has no backtick in it. */
const fencePattern = /^ {0,3}(`{3,}(?!.*`)|~{3,})/;
/** A fence inside a list, a quote or an indented block, which does not end where a plain one does. */
const nestedFencePattern = /^[\s>*+\-\d.)]+(?:`{3}|~{3})/;
/** Raw HTML, which may go on across blank lines. */
const htmlPattern = /^[\s>*+\-\d.)]*</;
/** Begins something of its own, whatever stood before the blank line above: no space, no list item. */
const beginsPattern = /^(?![-*+](?:\s|$)|\d{1,9}[.)](?:\s|$))\S/;
/** An address or a note that any other part of the text may refer to. */
const definitionPattern = /^[\s>*+\-\d.)]*\[[^\]]+\]:/m;

/**
 * Cuts Markdown before lines that certainly begin a new block: the pieces together are the text, mean the same one by one,
 * and all but the last stay as they are while text is added, until that text defines what others refer to: then it is one
 * piece. It rather cuts too seldom than in the middle of something.
 */
export function splitMarkdown(text: string): string[] {
  if (definitionPattern.test(text)) return [text];
  const pieces: string[] = [];
  let start = 0;
  let fence: string | undefined;
  let blankBefore = false;
  // A line without an end may still become anything.
  for (let at = 0, end = text.indexOf("\n"); end !== -1; at = end + 1, end = text.indexOf("\n", at)) {
    const line = text.slice(at, end);
    const mark = fencePattern.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = undefined;
    } else {
      if (blankBefore && beginsPattern.test(line)) {
        pieces.push(text.slice(start, at));
        start = at;
      }
      if (htmlPattern.test(line) || (mark === undefined && nestedFencePattern.test(line))) break;
      fence = mark;
    }
    blankBefore = line.trim() === "";
  }
  pieces.push(text.slice(start));
  return pieces;
}
