import type { IgnoreFact } from "../file-facts.ts";
import { nextHash } from "../names.ts";
import { DEDENT, END, FSTRING_END, INDENT, NEWLINE, STRING } from "./token-kinds.ts";

/** So far behind the end of a text somebody may look. */
const zeros = 4;

/**
 * The tokens of a text as columns of numbers: one object per token would cost more than finding it. The columns are kept
 * from file to file and only grow.
 */
export class Tokens {
  text = "";
  /** The codes of the text, and zeros behind them: reading a string character by character costs several times as much. */
  codes = new Uint16Array(0);
  count = 0;
  kinds: Uint8Array<ArrayBuffer>;
  starts: Int32Array<ArrayBuffer>;
  ends: Int32Array<ArrayBuffer>;
  lines: Int32Array<ArrayBuffer>;
  /** A name: its id. An opening bracket: the token that closes it. A string or the end of an f-string: its last line. */
  values: Int32Array<ArrayBuffer>;
  hashes: Int32Array<ArrayBuffer>;
  ignores: IgnoreFact[] = [];
  isGenerated = false;

  constructor(capacity: number) {
    this.kinds = new Uint8Array(capacity);
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.lines = new Int32Array(capacity);
    this.values = new Int32Array(capacity);
    this.hashes = new Int32Array(capacity);
  }

  reset(text: string): void {
    this.text = text;
    if (this.codes.length < text.length + zeros) this.codes = new Uint16Array(text.length * 2 + zeros);
    Buffer.from(this.codes.buffer).write(text, "utf16le");
    this.codes.fill(0, text.length, text.length + zeros);
    this.count = 0;
    this.ignores = [];
    this.isGenerated = false;
  }

  add(kind: number, start: number, end: number, line: number, value: number, hash: number): void {
    const index = this.count++;
    if (index === this.kinds.length) {
      this.#grow();
    }
    this.kinds[index] = kind;
    this.starts[index] = start;
    this.ends[index] = end;
    this.lines[index] = line;
    this.values[index] = value;
    this.hashes[index] = hash;
  }

  /** The token behind the last one of the text. */
  get firstEnd(): number {
    let index = this.count;
    while (index > 0 && this.kinds[index - 1] === END) {
      index--;
    }
    return index;
  }

  endLineOf(index: number): number {
    const kind = this.kinds[index];
    return (kind === STRING || kind === FSTRING_END ? this.values[index] : this.lines[index]) as number;
  }

  textOf(index: number): string {
    return this.text.slice(this.starts[index] as number, this.ends[index] as number);
  }

  /** The last token before `end` that stands for text, not for layout. */
  lastBefore(end: number): number {
    let index = end - 1;
    while (index > 0) {
      const kind = this.kinds[index];
      if (kind !== NEWLINE && kind !== INDENT && kind !== DEDENT) {
        break;
      }
      index--;
    }
    return index;
  }

  /** 16 hex digits over the tokens from `start` up to `end`. Line ends are left out, blocks are not. */
  fingerprint(start: number, end: number): string {
    const { kinds, hashes } = this;
    let low = 0x811c9dc5 | 0;
    let high = 0x2545f491 | 0;
    for (let index = start; index < end; index++) {
      const kind = kinds[index] as number;
      if (kind !== NEWLINE) {
        const hash = ((hashes[index] as number) + Math.imul(kind, 0x05ebca6b)) | 0;
        low = nextHash(low, hash);
        high = (Math.imul(high, 31) + (hash ^ (hash >>> 16))) | 0;
      }
    }
    return hexOf(low ^ (low >>> 15), high ^ Math.imul(low, 0x27d4eb2f));
  }

  #grow(): void {
    const capacity = this.kinds.length * 2;
    this.kinds = grown(this.kinds, new Uint8Array(capacity));
    this.starts = grown(this.starts, new Int32Array(capacity));
    this.ends = grown(this.ends, new Int32Array(capacity));
    this.lines = grown(this.lines, new Int32Array(capacity));
    this.values = grown(this.values, new Int32Array(capacity));
    this.hashes = grown(this.hashes, new Int32Array(capacity));
  }
}

function grown<Column extends Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(old: Column, larger: Column): Column {
  larger.set(old);
  return larger;
}

/** 16 digits at once: texts that are put together are taken apart again when they are packed. */
function hexOf(first: number, second: number): string {
  // biome-ignore format: a digit each
  return String.fromCharCode(
    digit(first >>> 28), digit(first >>> 24), digit(first >>> 20), digit(first >>> 16),
    digit(first >>> 12), digit(first >>> 8), digit(first >>> 4), digit(first),
    digit(second >>> 28), digit(second >>> 24), digit(second >>> 20), digit(second >>> 16),
    digit(second >>> 12), digit(second >>> 8), digit(second >>> 4), digit(second),
  );
}

function digit(value: number): number {
  const low = value & 15;
  return low < 10 ? 0x30 + low : 0x57 + low;
}
