import { hash } from "node:crypto";
import type { Comment } from "oxc-parser";

export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * A fingerprint for each span: 16 hex digits over its tokens, without whitespace and comments. The text is packed once
 * for all spans, because a method is also a part of its class and of the module.
 *
 * `verbatim` are the spans whose whitespace means something (strings, templates, regular expressions, JSX text), in the
 * order of the text.
 */
export function fingerprints(
  text: string,
  spans: readonly Span[],
  comments: readonly Comment[],
  verbatim: readonly Span[],
): string[] {
  const marks = [...new Set(spans.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const packedAt = new Map<number, number>();
  const packed: string[] = [];
  let length = 0;
  let last = 0;
  let nextMark = 0;
  const put = (piece: string) => {
    if (piece === "") return;
    // Two words must not grow together: `return x` is not `returnx`.
    const isJoined = last !== 0 && isWord(last) && isWord(piece.charCodeAt(0));
    const separated = isJoined ? ` ${piece}` : piece;
    packed.push(separated);
    length += separated.length;
    last = piece.charCodeAt(piece.length - 1);
  };
  /** Puts the text up to `end`, and remembers where in the packed text every mark on the way falls. */
  const advance = (start: number, end: number, isVerbatim: boolean) => {
    let from = start;
    for (;;) {
      const mark = marks[nextMark];
      const until = mark === undefined || mark > end ? end : mark;
      const piece = text.slice(from, until);
      if (isVerbatim) put(piece);
      else for (const word of piece.split(/\s+/)) put(word);
      from = Math.max(from, until);
      if (mark === undefined || mark > end) return;
      packedAt.set(mark, length);
      nextMark += 1;
    }
  };
  let at = 0;
  let comment = 0;
  let literal = 0;
  for (;;) {
    const nextComment = comments[comment];
    const nextLiteral = verbatim[literal];
    const isComment = nextComment !== undefined && (nextLiteral === undefined || nextComment.start < nextLiteral.start);
    const next = isComment ? nextComment : nextLiteral;
    if (next === undefined) break;
    if (isComment) comment += 1;
    else literal += 1;
    if (next.start < at) continue;
    advance(at, next.start, false);
    if (!isComment) advance(next.start, next.end, true);
    at = next.end;
  }
  advance(at, text.length, false);
  const whole = packed.join("");
  return spans.map(({ start, end }) => {
    // A mark may stand before the space that separates two words.
    const body = whole.slice(packedAt.get(start) ?? 0, packedAt.get(end) ?? 0).trim();
    return hash("sha1", body).slice(0, 16);
  });
}

function isWord(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 36 ||
    code === 35 ||
    code > 127
  );
}
