import type { Chain, UsePlace } from "../file-facts.ts";
import { placeWithin } from "../place-within.ts";
import { knownId } from "./name-table.ts";
import { ScanError } from "./scan-error.ts";
import { SimpleStatementReader } from "./simple-statement-reader.ts";
import {
  AS,
  ASYNC,
  AT,
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  CLASS,
  COLON,
  COMMA,
  DEDENT,
  DEF,
  DOT,
  ELIF,
  ELSE,
  END,
  EXCEPT,
  FINALLY,
  FOR,
  IF,
  IN,
  INDENT,
  KEYWORD_EQUAL,
  NAME,
  NEWLINE,
  OPERATOR,
  PAREN_CLOSE,
  PAREN_OPEN,
  STAR,
  STRING,
  TRY,
  WHILE,
  WITH,
} from "./token-kinds.ts";
import { Tokenizer } from "./tokenizer.ts";
import { Tokens } from "./tokens.ts";

const matchId = knownId("match");
const caseId = knownId("case");
const anythingId = knownId("_");
const nameId = knownId("__name__");

/** Reads statements and their blocks: the whole of a file. */
export class StatementReader extends SimpleStatementReader {
  isProgram = false;

  get isOnlyImports(): boolean {
    return this.onlyImports;
  }

  /** Reads all tokens. Throws a `ScanError` at the first that no statement can have there. */
  readModule(): void {
    while (this.kinds[this.position] !== END) {
      this.#readStatement();
    }
  }

  #readStatement(): void {
    switch (this.kinds[this.position]) {
      case DEF:
      case CLASS:
      case AT:
        this.onlyImports = false;
        this.readDefinition();
        return;
      case IF:
        this.#readIf();
        return;
      case FOR:
      case WHILE:
        this.#readLoop();
        return;
      case TRY:
        this.#readTry();
        return;
      case WITH:
        this.#readWith();
        return;
      case ASYNC:
        this.#readAsync();
        return;
      case NEWLINE:
        this.position++;
        return;
      case NAME:
        if (this.tokens.values[this.position] === matchId && this.#isMatch()) {
          this.#readMatch();
          return;
        }
    }
    this.readSimpleStatements();
  }

  #readAsync(): void {
    const kind = this.kinds[this.position + 1];
    if (kind === FOR || kind === WITH) {
      this.position++;
      this.#readStatement();
    } else {
      this.onlyImports = false;
      this.readDefinition();
    }
  }

  /** What follows the colon of a statement: a block, or statements on the same line. */
  protected readSuite(): void {
    if (!this.skip(NEWLINE)) {
      const start = this.position;
      this.readSimpleStatements();
      this.suiteStart = start;
      this.suiteEnd = this.position;
      return;
    }
    this.expect(INDENT);
    const start = this.position;
    while (this.kinds[this.position] !== DEDENT) {
      if (this.kinds[this.position] === END) {
        this.fail();
      }
      this.#readStatement();
    }
    this.suiteStart = start;
    this.suiteEnd = this.position;
    this.position++;
  }

  #readBlock(): void {
    this.expect(COLON);
    this.readSuite();
  }

  #readIf(): void {
    const { place, isTypeOnly } = this;
    this.scopeDraft.statements++;
    let branch: UsePlace = "branch";
    do {
      const start = ++this.position;
      this.readExpression();
      const end = this.position;
      if (branch === "branch") {
        branch = this.placeOfCondition(start, end);
      }
      this.isProgram ||= this.scope === 0 && this.#isMainCondition(start, end);
      this.isTypeOnly = isTypeOnly || this.isTypeChecking(start, end);
      this.place = placeWithin(place, branch);
      this.#readBlock();
      this.place = place;
      this.isTypeOnly = isTypeOnly;
    } while (this.kinds[this.position] === ELIF);
    if (this.skip(ELSE)) {
      this.place = placeWithin(place, branch);
      this.#readBlock();
      this.place = place;
    }
  }

  /** `__name__ == "__main__"`, in either order. */
  #isMainCondition(start: number, end: number): boolean {
    if (end - start !== 3 || this.kinds[start + 1] !== OPERATOR) {
      return false;
    }
    const [name, text] = this.kinds[start] === NAME ? [start, start + 2] : [start + 2, start];
    return this.isName(name, nameId) && /^["']__main__["']$/.test(this.tokens.textOf(text));
  }

  #readLoop(): void {
    this.onlyImports = false;
    const draft = this.scopeDraft;
    draft.statements++;
    draft.loops++;
    const isFor = this.kinds[this.position] === FOR;
    this.position++;
    if (isFor) {
      const binding = this.readTargets();
      this.expect(IN);
      const value = this.readExpressions();
      if (binding !== undefined && value !== undefined) {
        binding.value = [...value, "[]"];
      }
    } else {
      this.readExpression();
    }
    this.loopDepth++;
    this.#readBlock();
    this.loopDepth--;
    if (this.skip(ELSE)) {
      this.#readBlock();
    }
  }

  #readTry(): void {
    const { facts, place, scope } = this;
    this.scopeDraft.statements++;
    this.position++;
    const firstImport = facts.imports.length;
    this.#readBlock();
    const endOfImports = facts.imports.length;
    const firstBinding = facts.bindings.length;
    const firstScope = facts.scopes.length;
    while (this.skip(EXCEPT)) {
      this.skip(STAR);
      if (this.kinds[this.position] !== COLON) {
        this.#readCaught();
      }
      this.place = "handler";
      this.#readBlock();
      this.place = place;
    }
    if (endOfImports > firstImport) {
      const replaced = new Set([
        ...facts.imports.slice(endOfImports).map(({ local }) => local),
        ...facts.bindings.slice(firstBinding).map(({ name }) => name),
        ...facts.scopes.slice(firstScope).map(({ name }) => name),
      ]);
      for (const imported of facts.imports.slice(firstImport, endOfImports)) {
        imported.isOptional ||=
          imported.scope === scope && imported.local !== undefined && replaced.has(imported.local);
      }
    }
    if (this.skip(ELSE)) {
      this.#readBlock();
    }
    if (this.skip(FINALLY)) {
      this.#readBlock();
    }
  }

  /** What an `except` catches, and the name it gives it. */
  #readCaught(): void {
    const type = this.readExpressions();
    const { line } = this;
    if (this.skip(AS)) {
      const binding = this.bind(this.readName(), line);
      if (type !== undefined && type.at(-1) !== "()") {
        binding.type = type;
      }
    }
  }

  #readWith(): void {
    this.onlyImports = false;
    this.scopeDraft.statements++;
    const open = ++this.position;
    const close = this.kinds[open] === PAREN_OPEN ? this.closeOf(open) : -1;
    if (close !== -1 && this.kinds[close + 1] === COLON) {
      this.position++;
      while (this.position < close) {
        this.#readWithItem();
        if (!this.skip(COMMA)) {
          break;
        }
      }
      this.expect(PAREN_CLOSE);
    } else {
      do {
        this.#readWithItem();
      } while (this.skip(COMMA));
    }
    this.#readBlock();
  }

  #readWithItem(): void {
    const value = this.readExpression();
    const kind = this.kinds[this.position];
    if (kind === FOR || kind === ASYNC) {
      this.readComprehension();
    }
    if (this.skip(AS)) {
      const binding = this.readTarget();
      if (binding !== undefined && value !== undefined) {
        binding.value = value;
      }
    }
  }

  /** `match` is a name like any other, unless a block of cases follows. */
  #isMatch(): boolean {
    let index = this.position + 1;
    while (this.kinds[index] !== NEWLINE && this.kinds[index] !== END) {
      index++;
    }
    return this.kinds[index - 1] === COLON && this.kinds[index + 1] === INDENT && this.isName(index + 2, caseId);
  }

  #readMatch(): void {
    const { place } = this;
    this.onlyImports = false;
    this.scopeDraft.statements++;
    const start = ++this.position;
    this.readExpressions();
    const branch = this.placeOfCondition(start, this.position);
    this.expect(COLON);
    this.expect(NEWLINE);
    this.expect(INDENT);
    while (!this.skip(DEDENT)) {
      if (!this.isName(this.position, caseId)) {
        this.fail();
      }
      this.position++;
      this.#readPattern();
      if (this.skip(IF)) {
        this.readExpression();
      }
      this.place = placeWithin(place, branch);
      this.#readBlock();
      this.place = place;
    }
  }

  /** A pattern up to its guard or colon: names are bound, names with dots or arguments are named. */
  #readPattern(): void {
    let depth = 0;
    for (;;) {
      const kind = this.kinds[this.position];
      if (depth === 0 && (kind === COLON || kind === IF)) {
        return;
      }
      if (kind === NAME) {
        this.#readPatternName();
        continue;
      }
      if (kind === STRING) {
        this.addKeyAt(this.position);
      } else if (kind === PAREN_OPEN || kind === BRACKET_OPEN || kind === BRACE_OPEN) {
        depth++;
      } else if (kind === PAREN_CLOSE || kind === BRACKET_CLOSE || kind === BRACE_CLOSE) {
        depth--;
      } else if (kind === NEWLINE || kind === END) {
        this.fail();
      }
      this.position++;
    }
  }

  #readPatternName(): void {
    const { line } = this;
    const first = this.readName();
    if (this.kinds[this.position] === KEYWORD_EQUAL) {
      this.position++;
      return;
    }
    const chain = [first === this.selfId ? this.selfName : this.names.nameOf(first)];
    while (this.skip(DOT)) {
      chain.push(this.names.nameOf(this.readName()));
    }
    if (chain.length > 1) {
      this.facts.addUse("reference", chain, this.scope, line, this.place);
    } else if (this.kinds[this.position] === PAREN_OPEN) {
      this.facts.addOpenUse("reference", chain, this.scope, line, this.place, first);
    } else if (first !== anythingId) {
      this.bind(first, line);
    }
  }

  /** Reads the annotation in a string as if it stood there without quotes. A string that is none says nothing. */
  protected readForwardReference(text: string, line: number): Chain | undefined {
    const { facts } = this;
    const before = facts.uses.length;
    const tokens = new Tokens(64);
    try {
      new Tokenizer(tokens, this.names).tokenize(text, true, line);
      const inner = new StatementReader(tokens, facts);
      inner.enter(this.scope);
      inner.place = this.place;
      inner.selfId = this.selfId;
      inner.selfName = this.selfName;
      inner.inType = true;
      const type = inner.readType();
      this.typeArgument = inner.typeArgument;
      inner.expect(NEWLINE);
      return type;
    } catch (error) {
      if (!(error instanceof ScanError)) {
        throw error;
      }
      facts.takeBackTo(before);
      return undefined;
    }
  }
}
