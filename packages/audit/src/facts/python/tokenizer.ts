import { isGeneratedMark, lastLineOfGeneratedMark } from "../generated-mark.ts";
import { nextHash } from "../names.ts";
import { ignoreMark } from "./comment-marks.ts";
import type { NameTable } from "./name-table.ts";
import { ScanError } from "./scan-error.ts";
import {
  ARROW,
  ASSIGN,
  AT,
  AUGMENTED,
  BAR,
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COLON,
  COMMA,
  DEDENT,
  DOT,
  DOUBLE_STAR,
  ELLIPSIS,
  END,
  FIELD_END,
  FIELD_START,
  FIRST_KEYWORD,
  FSTRING_END,
  FSTRING_START,
  INDENT,
  KEYWORD_EQUAL,
  keywords,
  NAME,
  NEWLINE,
  NUMBER,
  OPERATOR,
  PAREN_CLOSE,
  PAREN_OPEN,
  SEMICOLON,
  SIGN,
  STAR,
  STRING,
  TILDE,
  WALRUS,
} from "./token-kinds.ts";
import type { Tokens } from "./tokens.ts";

/** The limits of CPython's own tokenizer; they also bound the recursion of everything that reads the tokens. */
const deepestBrackets = 200;
const deepestIndentation = 100;

const keywordCount = keywords.length;
const tab = 0x09;
const lineFeed = 0x0a;
const formFeed = 0x0c;
const carriageReturn = 0x0d;
const space = 0x20;
const doubleQuote = 0x22;
const singleQuote = 0x27;
const equals = 0x3d;
const backslash = 0x5c;
const braceOpen = 0x7b;
const braceClose = 0x7d;

const isNameCode = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  isNameCode[code] = /\w/.test(String.fromCharCode(code)) ? 1 : 0;
}

/** Cuts a text into tokens, with the blocks and line joins of Python. Throws a `ScanError` where that is impossible. */
export class Tokenizer {
  readonly tokens: Tokens;
  readonly #names: NameTable;
  #text = "";
  #codes = new Uint16Array(0);
  #position = 0;
  #line = 1;
  #hasIgnores = false;
  /** The open brackets and fields, as indices of their tokens. */
  #brackets: number[] = [];
  #indents: number[] = [0];

  constructor(tokens: Tokens, names: NameTable) {
    this.tokens = tokens;
    this.#names = names;
  }

  /** `inBrackets`: the text is one expression, whose line ends and indentation mean nothing. */
  tokenize(text: string, inBrackets = false, line = 1): void {
    this.tokens.reset(text);
    this.#text = text;
    this.#codes = this.tokens.codes;
    this.#position = this.#codes[0] === 0xfeff ? 1 : 0;
    this.#line = line;
    this.#hasIgnores = text.includes(ignoreMark);
    this.#brackets = inBrackets ? [-1] : [];
    this.#indents = [0];
    if (!inBrackets) {
      this.#startLine();
    }
    this.#scan(-1);
    if (this.#brackets.length !== (inBrackets ? 1 : 0)) {
      throw new ScanError("a bracket is never closed", this.tokens.lines[this.#brackets.at(-1) as number] ?? line);
    }
    this.#finish(text.length);
  }

  #finish(end: number): void {
    const { tokens } = this;
    if (tokens.count > 0 && tokens.kinds[tokens.count - 1] !== NEWLINE) {
      tokens.add(NEWLINE, end, end, this.#line, 0, 0);
    }
    for (let level = this.#indents.length; level > 1; level--) {
      tokens.add(DEDENT, end, end, this.#line, 0, 0);
    }
    // Readers look up to three tokens ahead.
    for (let ahead = 0; ahead < 4; ahead++) {
      tokens.add(END, end, end, this.#line, 0, 0);
    }
  }

  #fail(message: string): never {
    throw new ScanError(message, this.#line);
  }

  #add(kind: number, length: number): void {
    const start = this.#position;
    this.#position = start + length;
    this.tokens.add(kind, start, start + length, this.#line, 0, length);
  }

  /** Reads tokens up to the end of the text or, in a field of an f-string, up to what ends its expression. */
  #scan(fieldLevel: number): void {
    const text = this.#text;
    const codes = this.#codes;
    for (;;) {
      const position = this.#position;
      const code = codes[position] as number;
      switch (code) {
        case space:
        case tab:
        case formFeed:
          this.#position++;
          break;
        case lineFeed:
        case carriageReturn:
          this.#endLine(code);
          break;
        case 0x23: // #
          this.#comment();
          break;
        case doubleQuote:
        case singleQuote:
          this.#string(position, code, false);
          break;
        case backslash:
          this.#joinLines();
          break;
        case 0x28: // (
          this.#open(PAREN_OPEN);
          break;
        case 0x5b: // [
          this.#open(BRACKET_OPEN);
          break;
        case braceOpen:
          this.#open(BRACE_OPEN);
          break;
        case 0x29: // )
          this.#close(PAREN_CLOSE);
          break;
        case 0x5d: // ]
          this.#close(BRACKET_CLOSE);
          break;
        case braceClose:
          if (this.#brackets.length === fieldLevel) {
            return;
          }
          this.#close(BRACE_CLOSE);
          break;
        case 0x2c: // ,
          this.#add(COMMA, 1);
          break;
        case 0x3a: // :
          if (this.#brackets.length === fieldLevel) {
            return;
          }
          if ((codes[position + 1] as number) === equals) {
            this.#add(WALRUS, 2);
          } else {
            this.#add(COLON, 1);
          }
          break;
        case 0x3b: // ;
          this.#add(SEMICOLON, 1);
          break;
        case 0x2e: // .
          this.#dot(position);
          break;
        case equals:
          if ((codes[position + 1] as number) === equals) {
            this.#add(OPERATOR, 2);
          } else if (this.#brackets.length === 0) {
            this.#add(ASSIGN, 1);
          } else if (this.#brackets.length === fieldLevel && this.#endsField(position + 1)) {
            this.#position++;
          } else {
            this.#add(KEYWORD_EQUAL, 1);
          }
          break;
        case 0x21: // !
          if ((codes[position + 1] as number) === equals) {
            this.#add(OPERATOR, 2);
          } else if (this.#brackets.length === fieldLevel) {
            return;
          } else {
            this.#fail("unexpected !");
          }
          break;
        case 0x2d: // -
          if ((codes[position + 1] as number) === 0x3e) {
            this.#add(ARROW, 2);
          } else {
            this.#operator(SIGN, 1);
          }
          break;
        case 0x2b: // +
          this.#operator(SIGN, 1);
          break;
        case 0x2a: // *
          if ((codes[position + 1] as number) === 0x2a) {
            this.#operator(DOUBLE_STAR, 2);
          } else {
            this.#operator(STAR, 1);
          }
          break;
        case 0x40: // @
          this.#operator(AT, 1);
          break;
        case 0x7c: // |
          this.#operator(BAR, 1);
          break;
        case 0x7e: // ~
          this.#add(TILDE, 1);
          break;
        case 0x25: // %
        case 0x26: // &
        case 0x5e: // ^
          this.#operator(OPERATOR, 1);
          break;
        case 0x2f: // /
          this.#operator(OPERATOR, (codes[position + 1] as number) === 0x2f ? 2 : 1);
          break;
        case 0x3c: // <
        case 0x3e: // >
          this.#comparison(position, code);
          break;
        default:
          if (code >= 128 || isNameCode[code] === 1) {
            if (code >= 0x30 && code <= 0x39) {
              this.#number(position);
            } else {
              this.#name(position);
            }
          } else if (position >= text.length) {
            return;
          } else {
            this.#fail(`unexpected character ${JSON.stringify(text.charAt(position))}`);
          }
      }
    }
  }

  #operator(kind: number, length: number): void {
    if ((this.#codes[this.#position + length] as number) === equals) {
      this.#add(AUGMENTED, length + 1);
    } else {
      this.#add(kind, length);
    }
  }

  #comparison(position: number, code: number): void {
    const next = this.#codes[position + 1] as number;
    if (next === code) {
      this.#operator(OPERATOR, 2);
    } else {
      // `<>` is Python 2; whoever still has it means `!=`.
      this.#add(OPERATOR, next === equals || (code === 0x3c && next === 0x3e) ? 2 : 1);
    }
  }

  #dot(position: number): void {
    const next = this.#codes[position + 1] as number;
    if (next >= 0x30 && next <= 0x39) {
      this.#number(position);
    } else if (next === 0x2e && (this.#codes[position + 2] as number) === 0x2e) {
      this.#add(ELLIPSIS, 3);
    } else {
      this.#add(DOT, 1);
    }
  }

  #open(kind: number): void {
    if (this.#brackets.length >= deepestBrackets) {
      this.#fail("brackets are nested too deeply");
    }
    this.#brackets.push(this.tokens.count);
    this.#add(kind, 1);
  }

  #close(kind: number): void {
    const open = this.#brackets.pop();
    if (open === undefined || this.tokens.kinds[open] !== kind - 1) {
      this.#fail("a closing bracket has no opening one");
    }
    this.tokens.values[open] = this.tokens.count;
    this.#add(kind, 1);
  }

  #endLine(code: number): void {
    if (this.#brackets.length > 0) {
      this.#skipLineEnd(code);
      return;
    }
    this.tokens.add(NEWLINE, this.#position, this.#position, this.#line, 0, 0);
    this.#skipLineEnd(code);
    this.#startLine();
  }

  #skipLineEnd(code: number): void {
    this.#position += code === carriageReturn && (this.#codes[this.#position + 1] as number) === lineFeed ? 2 : 1;
    this.#line++;
  }

  #joinLines(): void {
    const next = this.#codes[this.#position + 1] as number;
    if (next !== lineFeed && next !== carriageReturn) {
      this.#fail("unexpected character after a backslash");
    }
    this.#position++;
    this.#skipLineEnd(next);
  }

  /** Passes over empty lines and comments to the next line with code, and opens or closes blocks for it. */
  #startLine(): void {
    const text = this.#text;
    const codes = this.#codes;
    let column = 0;
    for (;;) {
      const code = codes[this.#position] as number;
      if (code === space) {
        column++;
      } else if (code === tab) {
        column = (column | 7) + 1;
      } else if (code === formFeed) {
        column = 0;
      } else if (code === lineFeed || code === carriageReturn) {
        this.#skipLineEnd(code);
        column = 0;
        continue;
      } else if (code === 0x23) {
        this.#comment();
        continue;
      } else if (code === backslash) {
        // An indented backslash gives the next line the indentation that stands before it.
        this.#joinLines();
        while ((codes[this.#position] as number) === space || (codes[this.#position] as number) === tab) {
          this.#position++;
        }
        continue;
      } else {
        break;
      }
      this.#position++;
    }
    if (this.#position < text.length) {
      this.#indent(column);
    }
  }

  #indent(column: number): void {
    const indents = this.#indents;
    let current = indents[indents.length - 1] as number;
    if (column > current) {
      if (indents.length > deepestIndentation) {
        this.#fail("blocks are nested too deeply");
      }
      indents.push(column);
      this.tokens.add(INDENT, this.#position, this.#position, this.#line, 0, 0);
      return;
    }
    while (column < current) {
      indents.pop();
      current = indents[indents.length - 1] as number;
      this.tokens.add(DEDENT, this.#position, this.#position, this.#line, 0, 0);
    }
    if (column !== current) {
      this.#fail("the indentation matches no block around it");
    }
  }

  #comment(): void {
    const text = this.#text;
    const codes = this.#codes;
    const start = this.#position;
    let position = start + 1;
    for (;;) {
      const code = codes[position] as number;
      if (code === lineFeed || code === carriageReturn || position >= text.length) {
        break;
      }
      position++;
    }
    this.#position = position;
    if (this.#hasIgnores) {
      const mark = text.slice(start, position).indexOf(ignoreMark);
      if (mark !== -1) {
        const reason = text.slice(start + mark + ignoreMark.length, position).trim();
        this.tokens.ignores.push({ line: this.#line, text: reason });
      }
    }
    if (this.#line <= lastLineOfGeneratedMark && isGeneratedMark(text.slice(start, position))) {
      this.tokens.isGenerated = true;
    }
  }

  #name(start: number): void {
    const text = this.#text;
    const codes = this.#codes;
    let position = start;
    let hash = 0;
    let code = codes[position] as number;
    do {
      hash = nextHash(hash, code);
      code = codes[++position] as number;
    } while (code < 128 ? isNameCode[code] === 1 : code >= 128);
    if ((code === doubleQuote || code === singleQuote) && position - start <= 2) {
      const prefix = text.slice(start, position).toLowerCase();
      if (/^(?:[rbuft]|br|rb|fr|rf|tr|rt|ur)$/.test(prefix)) {
        this.#position = position;
        if (prefix.includes("f") || prefix.includes("t")) {
          this.#formatted(start, code, prefix.length === 2);
        } else {
          this.#string(start, code, prefix.includes("r"));
        }
        return;
      }
    }
    const id = this.#names.intern(codes, start, position, hash);
    this.#position = position;
    this.tokens.add(id < keywordCount ? FIRST_KEYWORD + id : NAME, start, position, this.#line, id, hash);
  }

  #number(start: number): void {
    const codes = this.#codes;
    let end = start;
    const second = (codes[start + 1] as number) | 0x20;
    if ((codes[start] as number) === 0x30 && (second === 0x78 || second === 0x6f || second === 0x62)) {
      end = skipDigits(codes, start + 2, second === 0x78);
    } else {
      end = skipDigits(codes, start, false);
      if ((codes[end] as number) === 0x2e) {
        end = skipDigits(codes, end + 1, false);
      }
      if (((codes[end] as number) | 0x20) === 0x65) {
        const sign = codes[end + 1] as number;
        const digits = sign === 0x2b || sign === 0x2d ? end + 2 : end + 1;
        const first = codes[digits] as number;
        if (first >= 0x30 && first <= 0x39) {
          end = skipDigits(codes, digits, false);
        }
      }
    }
    const suffix = (codes[end] as number) | 0x20;
    if (suffix === 0x6a || suffix === 0x6c) {
      end++;
    }
    let hash = 0;
    for (let position = start; position < end; position++) {
      hash = nextHash(hash, codes[position] as number);
    }
    this.#position = end;
    this.tokens.add(NUMBER, start, end, this.#line, 0, hash);
  }

  #isTriple(quote: number): boolean {
    const codes = this.#codes;
    return (codes[this.#position + 1] as number) === quote && (codes[this.#position + 2] as number) === quote;
  }

  /** A string that begins at `start`; the position is at its opening quote. */
  #string(start: number, quote: number, isRaw: boolean): void {
    const text = this.#text;
    const codes = this.#codes;
    const firstLine = this.#line;
    const isTriple = this.#isTriple(quote);
    let position = this.#position + (isTriple ? 3 : 1);
    let hash = isRaw ? 1 : 0;
    for (;;) {
      const code = codes[position] as number;
      if (code === quote) {
        if (!isTriple) {
          position++;
          break;
        }
        if ((codes[position + 1] as number) === quote && (codes[position + 2] as number) === quote) {
          position += 3;
          break;
        }
      } else if (code === backslash) {
        hash = nextHash(hash, code);
        position++;
        const escaped = codes[position] as number;
        if (escaped === lineFeed || escaped === carriageReturn) {
          this.#line++;
          if (escaped === carriageReturn && (codes[position + 1] as number) === lineFeed) {
            position++;
          }
          position++;
          continue;
        }
      } else if (code === lineFeed || code === carriageReturn) {
        if (!isTriple) {
          this.#fail("a string is not closed on its line");
        }
        this.#line++;
        position += code === carriageReturn && (codes[position + 1] as number) === lineFeed ? 2 : 1;
        position = skipBlanks(codes, position);
        hash = nextHash(hash, lineFeed);
        continue;
      }
      if (position >= text.length) {
        throw new ScanError("a string is never closed", firstLine);
      }
      hash = nextHash(hash, codes[position] as number);
      position++;
    }
    this.#position = position;
    this.tokens.add(STRING, start, position, firstLine, this.#line, hash);
  }

  /** An f-string (or t-string) that begins at `start`; the position is at its opening quote. */
  #formatted(start: number, quote: number, isRaw: boolean): void {
    const firstLine = this.#line;
    const isTriple = this.#isTriple(quote);
    this.tokens.add(FSTRING_START, start, this.#position, firstLine, 0, 0);
    this.#position += isTriple ? 3 : 1;
    const hash = this.#formattedText(quote, isTriple, isRaw, false);
    const end = this.#position + (isTriple ? 3 : 1);
    this.tokens.add(FSTRING_END, this.#position, end, firstLine, this.#line, hash);
    this.#position = end;
  }

  /** The text of an f-string up to its closing quote, or of a format up to its `}`. Returns the hash of the text. */
  #formattedText(quote: number, isTriple: boolean, isRaw: boolean, isFormat: boolean): number {
    const text = this.#text;
    const codes = this.#codes;
    let hash = 0;
    for (;;) {
      const code = codes[this.#position] as number;
      if (code === quote && (!isTriple || this.#isTriple(quote))) {
        if (isFormat) {
          this.#fail("a field of an f-string is not closed");
        }
        return hash;
      }
      if (code === braceOpen) {
        if ((codes[this.#position + 1] as number) === braceOpen && !isFormat) {
          this.#position++;
        } else {
          this.#field(quote, isTriple, isRaw, hash);
          continue;
        }
      } else if (code === braceClose && isFormat) {
        return hash;
      } else if (code === backslash) {
        this.#skipEscape(isRaw);
      } else if (code === lineFeed || code === carriageReturn) {
        if (!isTriple) {
          this.#fail("an f-string is not closed on its line");
        }
        this.#skipLineEnd(code);
        this.#position = skipBlanks(codes, this.#position);
        continue;
      } else if (this.#position >= text.length) {
        this.#fail("an f-string is never closed");
      }
      hash = nextHash(hash, code);
      this.#position++;
    }
  }

  /** Moves to the last character of what a backslash begins. */
  #skipEscape(isRaw: boolean): void {
    const text = this.#text;
    const codes = this.#codes;
    const escaped = codes[this.#position + 1] as number;
    if (escaped === braceOpen || escaped === braceClose) {
      return;
    }
    this.#position++;
    if (escaped === lineFeed || escaped === carriageReturn) {
      this.#skipLineEnd(escaped);
      this.#position--;
    } else if (escaped === 0x4e && !isRaw && (codes[this.#position + 1] as number) === braceOpen) {
      const close = text.indexOf("}", this.#position);
      if (close === -1) {
        this.#fail("an f-string is never closed");
      }
      this.#position = close;
    }
  }

  #field(quote: number, isTriple: boolean, isRaw: boolean, hash: number): void {
    if (this.#brackets.length >= deepestBrackets) {
      this.#fail("brackets are nested too deeply");
    }
    const { tokens } = this;
    const open = tokens.count;
    const codes = this.#codes;
    this.#brackets.push(open);
    tokens.add(FIELD_START, this.#position, this.#position + 1, this.#line, 0, hash);
    this.#position++;
    this.#scan(this.#brackets.length);
    if ((codes[this.#position] as number) === 0x21) {
      this.#position++;
      while (isNameCode[codes[this.#position] as number] === 1) {
        this.#position++;
      }
      this.#position = skipBlanks(codes, this.#position);
    }
    let formatHash = 0;
    if ((codes[this.#position] as number) === 0x3a) {
      this.#position++;
      formatHash = this.#formattedText(quote, isTriple, isRaw, true);
    }
    if ((codes[this.#position] as number) !== braceClose) {
      this.#fail("a field of an f-string is not closed");
    }
    this.#brackets.pop();
    tokens.values[open] = tokens.count;
    tokens.add(FIELD_END, this.#position, this.#position + 1, this.#line, 0, formatHash);
    this.#position++;
  }

  /** After the `=` of `f"{name=}"` only the end of the field may follow. */
  #endsField(position: number): boolean {
    const code = this.#codes[skipBlanks(this.#codes, position)] as number;
    return code === braceClose || code === 0x3a || code === 0x21;
  }
}

function skipBlanks(codes: Uint16Array, position: number): number {
  let end = position;
  while ((codes[end] as number) === space || (codes[end] as number) === tab) {
    end++;
  }
  return end;
}

function skipDigits(codes: Uint16Array, position: number, isHex: boolean): number {
  let end = position;
  for (;;) {
    const code = codes[end] as number;
    const isDigit = (code >= 0x30 && code <= 0x39) || code === 0x5f;
    if (!isDigit && !(isHex && (code | 0x20) >= 0x61 && (code | 0x20) <= 0x66)) {
      return end;
    }
    end++;
  }
}
