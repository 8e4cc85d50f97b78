import type { Chain } from "../file-facts.ts";
import type { UseDraft } from "./fact-collector.ts";
import { knownId } from "./name-table.ts";
import { stringValue } from "./string-literal.ts";
import {
  ASYNC,
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COLON,
  COMMA,
  DOT,
  DOUBLE_STAR,
  FOR,
  KEYWORD_EQUAL,
  NAME,
  NUMBER,
  PAREN_CLOSE,
  PAREN_OPEN,
  SIGN,
  STAR,
  STRING,
} from "./token-kinds.ts";
import { TokenReader } from "./token-reader.ts";
import { isTransparentType } from "./type-wrappers.ts";

const getattrId = knownId("getattr");
const superId = knownId("super");
const evalId = knownId("eval");
const execId = knownId("exec");
const importId = knownId("__import__");
/** Their results are tables of names. */
const nameTables: ReadonlySet<string> = new Set(["globals", "locals", "vars"]);

const mostStrings = 4;
const longestString = 100;

/** Reads chains: a name or another operand, with all the attributes, calls and elements that follow it. */
export abstract class ChainReader extends TokenReader {
  /** The last expression was something held: a collection, a number, a string, None. */
  protected isLiteral = false;
  /** The last expression was one chain, not the choice between several. */
  protected isSingle = true;
  /** The first argument of the last type that was read. */
  protected typeArgument: Chain | undefined;
  /** The last call that was read to its end. */
  protected lastCall: UseDraft | undefined;

  protected abstract readExpression(): Chain | undefined;
  protected abstract readComprehension(): void;

  protected isTrailer(position: number): boolean {
    const kind = this.kinds[position];
    return kind === DOT || kind === PAREN_OPEN || kind === BRACKET_OPEN;
  }

  /** Reads what begins with a name. A target is not used, so that only what leads to it is. */
  protected readNamed(isTarget = false): Chain {
    const { line } = this;
    const nameId = this.tokens.values[this.position++] as number;
    this.isLiteral = false;
    this.isSingle = true;
    this.typeArgument = undefined;
    if (!this.isTrailer(this.position)) {
      const chain = nameId === this.selfId ? [this.selfName] : this.names.chainOf(nameId);
      if (nameId !== this.selfId) {
        this.#addName(chain, line, nameId);
      }
      return chain;
    }
    if (this.kinds[this.position] === PAREN_OPEN) {
      if (nameId === superId) {
        return this.#readSuper(line, isTarget);
      }
      if (nameId === getattrId) {
        return this.#readGetattr(line, isTarget);
      }
    }
    const name = nameId === this.selfId ? this.selfName : this.names.nameOf(nameId);
    return this.readTrailers([name], line, nameId, isTarget);
  }

  /**
   * Reads what follows `chain`, which it may change. `nameId`: of the name that the chain is so far, -1 for any other.
   */
  protected readTrailers(chain: string[], line: number, nameId: number, isTarget: boolean): Chain {
    let current = chain;
    let isUsed = chain.length === 1 && nameId === -1;
    let isElement = nameId !== -1;
    for (;;) {
      switch (this.kinds[this.position]) {
        case DOT:
          this.position++;
          current.push(this.names.nameOf(this.readName()));
          isElement = false;
          isUsed = false;
          break;
        case PAREN_OPEN:
          this.#readCall(current, line, nameId);
          current = [...current, "()"];
          isElement = false;
          isUsed = true;
          break;
        case BRACKET_OPEN:
          if (this.inType) {
            return this.#readTypeArguments(current, line, nameId);
          }
          current.push(this.#readSubscript());
          isUsed = false;
          if (isNameTable(current) && !this.isTrailer(this.position)) {
            this.facts.addUse("dynamic", current, this.scope, line, this.place);
            isUsed = true;
          }
          break;
        default:
          this.isLiteral = false;
          this.isSingle = true;
          if (isTarget || isUsed) {
            return current;
          }
          if (current.length === 1 && nameId === this.selfId) {
            return current;
          }
          if (isElement && nameId !== this.selfId) {
            this.#addName(current, line, nameId);
          } else {
            this.facts.addUse(this.inType ? "type" : "reference", current, this.scope, line, this.place);
          }
          return current;
      }
    }
  }

  /** A name, or elements of one: no use when it is a local. */
  #addName(chain: Chain, line: number, nameId: number): void {
    if (this.inType) {
      this.facts.addOpenUse("type", chain, this.scope, line, this.place, nameId);
      return;
    }
    const { locals, definitions } = this.scopeDraft;
    if (!locals.includes(nameId) || definitions.includes(nameId)) {
      this.facts.addOpenUse("reference", chain, this.scope, line, this.place, nameId);
    }
  }

  #readCall(chain: Chain, line: number, nameId: number): void {
    const last = chain[chain.length - 1];
    if (this.#readImportCall(chain, last as string, line)) {
      return;
    }
    const isDynamic =
      last === "[]" ||
      (chain.length === 1 && (nameId === evalId || nameId === execId || nameId === importId)) ||
      (last === "import_module" && (chain.length === 1 || chain[0] === "importlib"));
    const use = this.facts.addUse(isDynamic ? "dynamic" : "call", chain, this.scope, line, this.place);
    this.scopeDraft.calls++;
    this.readArguments(use);
    this.lastCall = use;
  }

  /** `importlib.import_module("a.b")` and `__import__("a.b")` import what they name. */
  #readImportCall(chain: Chain, last: string, line: number): boolean {
    const isImport =
      (chain.length === 1 && last === "__import__") ||
      (last === "import_module" && (chain.length === 1 || (chain.length === 2 && chain[0] === "importlib")));
    const after = this.kinds[this.position + 2];
    if (!isImport || this.kinds[this.position + 1] !== STRING || (after !== COMMA && after !== PAREN_CLOSE)) {
      return false;
    }
    const specifier = stringValue(this.tokens.textOf(this.position + 1));
    this.facts.imports.push({
      specifier,
      imported: "*",
      scope: this.scope,
      line,
      isType: false,
      isOptional: false,
    });
    this.scopeDraft.calls++;
    this.readArguments(undefined);
    return true;
  }

  /** `super()` is one thing, whatever its arguments. */
  #readSuper(line: number, isTarget: boolean): Chain {
    this.readArguments(undefined);
    return this.isTrailer(this.position) ? this.readTrailers(["super"], line, superId, isTarget) : ["super"];
  }

  /** `getattr(x, "name")` is `x.name`; with any other name nobody can say what is used. */
  #readGetattr(line: number, isTarget: boolean): Chain {
    const open = this.position;
    const close = this.closeOf(open);
    this.position++;
    const kind = this.kinds[this.position];
    if (kind === PAREN_CLOSE || kind === STAR || kind === DOUBLE_STAR) {
      this.position = open;
      return this.readTrailers(["getattr"], line, getattrId, false);
    }
    const { inType } = this;
    this.inType = false;
    const object = this.readExpression();
    const base = object !== undefined && this.isSingle ? object : ["?"];
    if (object !== undefined) {
      this.facts.takeBack(object);
    }
    const isNamed =
      this.skip(COMMA) &&
      this.kinds[this.position] === STRING &&
      (this.kinds[this.position + 1] === COMMA || this.kinds[this.position + 1] === PAREN_CLOSE);
    const chain = [...base, isNamed ? stringValue(this.tokens.textOf(this.position)) : "[]"];
    if (!isNamed && this.kinds[close + 1] !== PAREN_OPEN) {
      this.facts.addUse("dynamic", [...chain], this.scope, line, this.place).arguments = 2;
    }
    this.scopeDraft.calls++;
    while (this.kinds[this.position] !== PAREN_CLOSE) {
      this.readExpression();
      if (!this.skip(COMMA)) {
        break;
      }
    }
    this.expect(PAREN_CLOSE);
    this.inType = inType;
    if (!isNamed && !this.isTrailer(this.position)) {
      this.isLiteral = false;
      return chain;
    }
    return this.readTrailers(chain, line, -2, isTarget);
  }

  /** Reads the arguments of a call, and says of `use` what they are. */
  protected readArguments(use: UseDraft | undefined): void {
    const { inType } = this;
    this.inType = false;
    this.position++;
    let count = 0;
    const strings: string[] = [];
    while (this.kinds[this.position] !== PAREN_CLOSE) {
      const isKeyword = this.kinds[this.position] === NAME && this.kinds[this.position + 1] === KEYWORD_EQUAL;
      if (isKeyword) {
        this.position += 2;
      }
      const start = this.position;
      if (this.kinds[start] === BRACE_OPEN && count === 0 && !isKeyword) {
        this.#addKeys(start, strings);
      }
      this.readExpression();
      if (this.kinds[start] === STRING) {
        this.#addString(start, strings);
      }
      const next = this.kinds[this.position];
      if (next === FOR || next === ASYNC) {
        this.readComprehension();
      }
      count++;
      if (!this.skip(COMMA)) {
        break;
      }
    }
    this.expect(PAREN_CLOSE);
    this.inType = inType;
    if (use !== undefined) {
      use.arguments = count;
      if (strings.length > 0) {
        use.strings = strings;
      }
    }
  }

  /** The argument from `start` to the position, when it is nothing but string literals. */
  #addString(start: number, strings: string[]): void {
    if (strings.length === mostStrings) {
      return;
    }
    let value = "";
    for (let index = start; index < this.position; index++) {
      if (this.kinds[index] !== STRING) {
        return;
      }
      value += stringValue(this.tokens.textOf(index));
    }
    strings.push(value.slice(0, longestString));
  }

  /** The keys of the dictionary that opens at `open`. */
  #addKeys(open: number, strings: string[]): void {
    const close = this.closeOf(open);
    let isKey = true;
    for (let index = open + 1; index < close && strings.length < mostStrings; index++) {
      const kind = this.kinds[index] as number;
      if (isKey && kind === STRING && this.kinds[index + 1] === COLON) {
        strings.push(stringValue(this.tokens.textOf(index)).slice(0, longestString));
      }
      isKey = kind === COMMA;
      if (kind === PAREN_OPEN || kind === BRACKET_OPEN || kind === BRACE_OPEN) {
        index = this.closeOf(index);
      }
    }
  }

  /** Reads `[…]` and returns its segment: the key when it is a literal. */
  #readSubscript(): string {
    const first = this.position + 1;
    const kind = this.kinds[first];
    let segment = "[]";
    if ((kind === STRING || kind === NUMBER) && this.kinds[first + 1] === BRACKET_CLOSE) {
      const text = this.tokens.textOf(first);
      segment = kind === STRING ? stringValue(text) : text;
    } else if (kind === SIGN && this.kinds[first + 1] === NUMBER && this.kinds[first + 2] === BRACKET_CLOSE) {
      segment = this.tokens.textOf(first) + this.tokens.textOf(first + 1);
    }
    this.position = first;
    while (this.kinds[this.position] !== BRACKET_CLOSE) {
      const next = this.kinds[this.position];
      if (next === COLON || next === COMMA) {
        this.position++;
      } else {
        this.readExpression();
        const after = this.kinds[this.position];
        if (after !== COLON && after !== COMMA && after !== BRACKET_CLOSE) {
          this.fail();
        }
      }
    }
    this.position++;
    return segment;
  }

  /** `Name[…]` in an annotation: what stands in the brackets are types too. */
  #readTypeArguments(chain: Chain, line: number, nameId: number): Chain {
    const { facts, scope, place } = this;
    if (chain.length === 1 && nameId >= 0) {
      facts.addOpenUse("type", chain, scope, line, place, nameId);
    } else if (chain[chain.length - 1] !== "()") {
      facts.addUse("type", chain, scope, line, place);
    }
    const name = chain[chain.length - 1] as string;
    const close = this.closeOf(this.position);
    this.position++;
    let argument: Chain | undefined;
    if (name === "Literal") {
      this.position = close;
    }
    while (this.position < close) {
      if (this.kinds[this.position] === COMMA || this.kinds[this.position] === COLON) {
        this.position++;
        continue;
      }
      const before = this.position;
      const type = this.readType();
      if (argument === undefined || name === "Coroutine") {
        argument = type;
      }
      if (name === "Annotated") {
        this.inType = false;
      }
      if (this.position === before) {
        this.fail();
      }
    }
    this.inType = true;
    this.expect(BRACKET_CLOSE);
    while (this.isTrailer(this.position)) {
      this.readTrailers([...chain, "[]"], line, -2, false);
    }
    this.isLiteral = false;
    this.typeArgument = argument;
    return chain;
  }

  /** Reads an expression as a type, and returns what it is under its Optional, Annotated and the like. */
  protected readType(): Chain | undefined {
    const chain = this.readExpression();
    const name = chain?.[chain.length - 1];
    return name !== undefined && isTransparentType(name) && this.typeArgument !== undefined ? this.typeArgument : chain;
  }
}

function isNameTable(chain: Chain): boolean {
  return chain.length === 3 && chain[1] === "()" && chain[2] === "[]" && nameTables.has(chain[0] as string);
}
