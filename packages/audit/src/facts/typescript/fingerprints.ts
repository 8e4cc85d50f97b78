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
  const packed = new Uint16Array(text.length);
  let length = 0;
  let isGap = false;
  let nextMark = 0;
  let mark = marks[0] ?? text.length + 1;
  /** Packs the text up to `end`, and remembers where in the packed text every mark on the way falls. */
  const pack = (start: number, end: number, isVerbatim: boolean) => {
    for (let at = start; at <= end; at++) {
      while (mark <= at) {
        packedAt.set(mark, length);
        nextMark += 1;
        mark = marks[nextMark] ?? text.length + 1;
      }
      if (at === end) return;
      const code = text.charCodeAt(at);
      if (!isVerbatim && isWhitespace(code)) {
        isGap = true;
        continue;
      }
      // Two words must not grow together: `return x` is not `returnx`.
      if (isGap && isWord(code) && isWord(packed[length - 1] ?? 0)) packed[length++] = 0x20;
      isGap = false;
      packed[length++] = code;
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
    pack(at, next.start, false);
    if (isComment) isGap = true;
    else pack(next.start, next.end, true);
    at = next.end;
  }
  pack(at, text.length, false);
  const bytes = new Uint8Array(packed.buffer);
  return spans.map((span) => {
    const end = packedAt.get(span.end) ?? length;
    let start = packedAt.get(span.start) ?? 0;
    // The space that separates the span from a word before it.
    if (packed[start] === 0x20 && start < end) start += 1;
    return hash("sha1", bytes.subarray(start * 2, end * 2)).slice(0, 16);
  });
}

function isWhitespace(code: number): boolean {
  if (code <= 0x20) return true;
  return code >= 0xa0 && (code === 0xa0 || code === 0xfeff || code === 0x2028 || code === 0x2029);
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
