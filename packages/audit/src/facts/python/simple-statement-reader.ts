import { DefinitionReader } from "./definition-reader.ts";
import { knownId } from "./name-table.ts";
import {
  AS,
  ASSERT,
  ASSIGN,
  AUGMENTED,
  BRACKET_OPEN,
  BREAK,
  COLON,
  COMMA,
  CONTINUE,
  DEL,
  DOT,
  ELLIPSIS,
  FROM,
  GLOBAL,
  IMPORT,
  NAME,
  NEWLINE,
  NONLOCAL,
  PAREN_CLOSE,
  PAREN_OPEN,
  PASS,
  RAISE,
  RETURN,
  SEMICOLON,
  STAR,
  STRING,
} from "./token-kinds.ts";

const allId = knownId("__all__");
const typeId = knownId("type");
const notImplementedId = knownId("NotImplementedError");

/** Reads statements without a block. */
export abstract class SimpleStatementReader extends DefinitionReader {
  /** So far the file has nothing but imports. */
  protected onlyImports = true;
  /** What is read is erased at run time. */
  protected isTypeOnly = false;

  /** Statements on one line, up to its end. */
  protected readSimpleStatements(): void {
    do {
      if (this.kinds[this.position] === NEWLINE) {
        break;
      }
      this.readSimpleStatement();
    } while (this.skip(SEMICOLON));
    this.expect(NEWLINE);
  }

  protected readSimpleStatement(): void {
    const draft = this.scopeDraft;
    const kind = this.kinds[this.position];
    if (kind === STRING && this.#readDocstring()) {
      return;
    }
    draft.statements++;
    switch (kind) {
      case IMPORT:
        this.#readImport();
        return;
      case FROM:
        this.#readFromImport();
        return;
      case PASS:
        draft.idle++;
        this.position++;
        return;
    }
    this.onlyImports &&= this.isName(this.position, allId) && this.scope === 0;
    switch (kind) {
      case RETURN:
        this.#readReturn();
        return;
      case RAISE:
        this.#readRaise();
        return;
      case BREAK:
      case CONTINUE:
        this.position++;
        return;
      case GLOBAL:
      case NONLOCAL:
        this.#readOuterNames(kind);
        return;
      case DEL:
        this.position++;
        this.#readDeleted();
        return;
      case ASSERT:
        this.position++;
        this.readExpression();
        if (this.skip(COMMA)) {
          this.readExpression();
        }
        return;
      default:
        this.#readExpressionStatement();
    }
  }

  /** A statement that is only a string says nothing to the machine. */
  #readDocstring(): boolean {
    let end = this.position;
    while (this.kinds[end] === STRING) {
      end++;
    }
    if (this.kinds[end] !== NEWLINE && this.kinds[end] !== SEMICOLON) {
      return false;
    }
    this.position = end;
    return true;
  }

  #readExpressionStatement(): void {
    const next = this.position + 1;
    if (
      this.isName(this.position, typeId) &&
      this.kinds[next] === NAME &&
      (this.kinds[next + 1] === ASSIGN || this.kinds[next + 1] === BRACKET_OPEN)
    ) {
      this.scopeDraft.statements--;
      this.readTypeAlias();
      return;
    }
    switch (this.statementMark()) {
      case ASSIGN:
        this.readAssignment();
        return;
      case AUGMENTED:
        this.readAugmentedAssignment();
        return;
      case COLON:
        this.readAnnotatedAssignment();
        return;
    }
    if (this.kinds[this.position] === ELLIPSIS && this.kinds[next] === NEWLINE) {
      this.scopeDraft.idle++;
    }
    if (this.isExportsCall()) {
      const start = this.position;
      this.position += 3;
      this.readExports();
      this.position = start;
    }
    this.readExpressions();
  }

  #endsStatement(): boolean {
    return this.kinds[this.position] === NEWLINE || this.kinds[this.position] === SEMICOLON;
  }

  #readReturn(): void {
    const start = ++this.position;
    if (this.#endsStatement()) {
      return;
    }
    const value = this.readExpressions();
    const draft = this.scopeDraft;
    draft.returns++;
    draft.returned = value;
    if (this.isLiteralRange(start, this.position)) {
      draft.literalReturns++;
    }
  }

  #readRaise(): void {
    this.position++;
    if (this.#endsStatement()) {
      return;
    }
    if (this.isName(this.position, notImplementedId)) {
      this.scopeDraft.idle++;
    }
    this.readExpression();
    if (this.skip(FROM)) {
      this.readExpression();
    }
  }

  #readOuterNames(kind: number): void {
    const draft = this.scopeDraft;
    this.position++;
    do {
      (kind === GLOBAL ? draft.globals : draft.nonlocals).push(this.readName());
    } while (this.skip(COMMA));
  }

  #readDeleted(): void {
    do {
      const { position, line } = this;
      if (this.#endsStatement()) {
        return;
      }
      const kind = this.kinds[position];
      if ((kind === PAREN_OPEN || kind === BRACKET_OPEN) && !this.isTrailer(this.closeOf(position) + 1)) {
        this.position++;
        while (this.position < this.closeOf(position)) {
          this.#readDeleted();
        }
        this.position++;
      } else if (kind === NAME) {
        if (this.isTrailer(position + 1)) {
          this.facts.addUse("reference", this.readNamed(true), this.scope, line, this.place);
        } else {
          this.position++;
        }
      } else {
        this.readOperand();
      }
    } while (this.skip(COMMA));
  }

  #readImport(): void {
    this.position++;
    do {
      const { line } = this;
      const first = this.tokens.values[this.position] as number;
      const specifier = this.#readDottedName();
      const localId = this.skip(AS) ? this.readName() : first;
      this.#addImport(specifier, "*", localId, line);
    } while (this.skip(COMMA));
  }

  #readDottedName(): string {
    let name = this.names.nameOf(this.readName());
    while (this.skip(DOT)) {
      name += `.${this.names.nameOf(this.readName())}`;
    }
    return name;
  }

  #readFromImport(): void {
    this.position++;
    let specifier = "";
    for (;;) {
      if (this.skip(DOT)) {
        specifier += ".";
      } else if (this.skip(ELLIPSIS)) {
        specifier += "...";
      } else {
        break;
      }
    }
    if (specifier === "" || this.kinds[this.position] !== IMPORT) {
      specifier += this.#readDottedName();
    }
    this.expect(IMPORT);
    const { line } = this;
    if (this.skip(STAR)) {
      this.#addImport(specifier, "*", undefined, line);
      return;
    }
    const isEnclosed = this.skip(PAREN_OPEN);
    do {
      if (isEnclosed && this.kinds[this.position] === PAREN_CLOSE) {
        break;
      }
      const { line: nameLine } = this;
      const nameId = this.readName();
      const localId = this.skip(AS) ? this.readName() : nameId;
      this.#addImport(specifier, this.names.nameOf(nameId), localId, nameLine);
    } while (this.skip(COMMA));
    if (isEnclosed) {
      this.expect(PAREN_CLOSE);
    }
  }

  #addImport(specifier: string, imported: string, localId: number | undefined, line: number): void {
    const { facts, scope, isTypeOnly: isType } = this;
    if (localId === undefined) {
      facts.imports.push({ specifier, imported, scope, line, isType, isOptional: false });
      return;
    }
    facts.addDefinition(scope, localId);
    const local = this.names.nameOf(localId);
    facts.imports.push({ specifier, imported, local, scope, line, isType, isOptional: false });
  }
}
