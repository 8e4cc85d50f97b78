import type { Chain } from "../file-facts.ts";
import { ExpressionReader } from "./expression-reader.ts";
import type { BindingDraft, ScopeDraft } from "./fact-collector.ts";
import { knownId } from "./name-table.ts";
import { stringValue } from "./string-literal.ts";
import {
  ASSIGN,
  AUGMENTED,
  BRACE_OPEN,
  BRACKET_OPEN,
  COLON,
  COMMA,
  DOT,
  ELLIPSIS,
  END,
  FALSE,
  FIELD_START,
  LAMBDA,
  NAME,
  NEWLINE,
  NUMBER,
  PAREN_OPEN,
  SEMICOLON,
  SIGN,
  STRING,
  TRUE,
} from "./token-kinds.ts";

const allId = knownId("__all__");
const annotatedId = knownId("Annotated");

/** Reads what gives a value to a name: assignments, annotations, and functions without a `def`. */
export abstract class AssignmentReader extends ExpressionReader {
  /** How many loops are around the statement at hand, in its scope. */
  protected loopDepth = 0;

  /** What kind of a statement begins here: ASSIGN, AUGMENTED, COLON for an annotation, NEWLINE for an expression. */
  protected statementMark(): number {
    const kind = this.kinds[this.#findMark()];
    return kind === ASSIGN || kind === AUGMENTED || kind === COLON ? kind : NEWLINE;
  }

  #findMark(): number {
    const { kinds } = this;
    for (let index = this.position; ; index++) {
      switch (kinds[index]) {
        case ASSIGN:
        case AUGMENTED:
        case COLON:
        case NEWLINE:
        case SEMICOLON:
        case LAMBDA:
        case END:
          return index;
        case PAREN_OPEN:
        case BRACKET_OPEN:
        case BRACE_OPEN:
        case FIELD_START:
          index = this.closeOf(index);
          break;
      }
    }
  }

  /** Only literals from `start` to `end`: no names, nothing called, nothing computed but a sign. */
  protected isLiteralRange(start: number, end: number): boolean {
    for (let index = start; index < end; index++) {
      const kind = this.kinds[index] as number;
      const isLiteral =
        kind === NUMBER ||
        kind === STRING ||
        (kind >= PAREN_OPEN && kind <= COLON && kind !== DOT) ||
        kind === SIGN ||
        kind === ELLIPSIS ||
        (kind >= FALSE && kind <= TRUE);
      if (!isLiteral) {
        return false;
      }
    }
    return start < end;
  }

  protected readAssignment(): void {
    const start = this.position;
    const single =
      this.kinds[start] === NAME && this.kinds[start + 1] === ASSIGN ? this.tokens.values[start] : undefined;
    const bindings: BindingDraft[] = [];
    do {
      const binding = this.readTargets();
      if (binding !== undefined) {
        bindings.push(binding);
      }
      this.expect(ASSIGN);
    } while (this.statementMark() === ASSIGN);
    if (single === allId && this.scope === 0) {
      this.readExports();
      this.#readValue(undefined, bindings);
      return;
    }
    const isConstant = single !== undefined && this.kinds[this.position] !== LAMBDA;
    const leave = isConstant ? this.#enterConstant(start, single) : undefined;
    this.#readFunctionOrValue(single, bindings);
    leave?.();
  }

  protected readAnnotatedAssignment(): void {
    const start = this.position;
    const single = this.kinds[start + 1] === COLON ? this.tokens.values[start] : undefined;
    const binding = this.readTarget();
    this.expect(COLON);
    const mark = this.#findMark();
    const isFunction = this.kinds[mark + 1] === LAMBDA;
    const isConstant = this.kinds[mark] === ASSIGN && !isFunction;
    const constant = isConstant && single !== undefined ? this.#enterConstant(start, single) : undefined;
    const type = this.readAnnotation();
    if (binding !== undefined && type !== undefined) {
      binding.type = type;
    }
    if (this.skip(ASSIGN)) {
      if (type?.at(-1) === "TypeAlias" && constant !== undefined) {
        (this.facts.scopes[this.scope] as ScopeDraft).kind = "interface";
        this.inType = true;
      }
      this.#readFunctionOrValue(single, binding === undefined ? [] : [binding]);
    }
    constant?.();
  }

  protected readAugmentedAssignment(): void {
    const isExports = this.isName(this.position, allId) && this.scope === 0;
    const binding = this.readTarget();
    this.expect(AUGMENTED);
    if (isExports) {
      this.readExports();
    }
    this.readExpressions();
    if (binding !== undefined) {
      binding.isLiteral = this.isLiteral;
    }
  }

  #readFunctionOrValue(single: number | undefined, bindings: BindingDraft[]): void {
    if (this.kinds[this.position] === LAMBDA && single !== undefined) {
      this.facts.addDefinition(this.scope, single);
      this.readNamedLambda(this.names.nameOf(single));
    } else {
      this.#readValue(single, bindings);
    }
  }

  #readValue(single: number | undefined, bindings: BindingDraft[]): void {
    const firstImport = this.facts.imports.length;
    const start = this.position;
    const isDictionary = this.kinds[start] === BRACE_OPEN && this.kinds[this.closeOf(start) + 1] === NEWLINE;
    if (single !== undefined && isDictionary) {
      this.valueName = this.names.nameOf(single);
    }
    // `OrdersDep = Annotated[Orders, Depends(get_orders)]` is another name of the type.
    const isType = this.isName(start, annotatedId) && this.kinds[start + 1] === BRACKET_OPEN;
    const value = isType ? this.readAnnotation() : this.readExpressions();
    this.valueName = undefined;
    for (const binding of bindings) {
      binding.isLiteral = this.isLiteral;
      if (value !== undefined) {
        binding.value = value;
      }
    }
    const imported = this.facts.imports[firstImport];
    if (single !== undefined && imported !== undefined && imported.local === undefined && this.#isImportCall(value)) {
      imported.local = this.names.nameOf(single);
      this.facts.addDefinition(imported.scope, single);
    }
  }

  #isImportCall(value: Chain | undefined): boolean {
    return value?.at(-1) === "()" && (value.at(-2) === "import_module" || value[0] === "__import__");
  }

  /** At the top of a module a name with a value is a scope. Returns what ends that scope. */
  #enterConstant(start: number, nameId: number): (() => void) | undefined {
    if (this.scope !== 0 || this.loopDepth > 0) {
      return undefined;
    }
    const { facts, tokens } = this;
    facts.addDefinition(0, nameId);
    const index = facts.scopes.length;
    const draft = facts.addScope("constant", this.names.nameOf(nameId), 0, tokens.lines[start] as number);
    const { place } = this;
    const outer = this.enter(index);
    this.place = place;
    return () => {
      draft.endLine = tokens.endLineOf(this.position - 1);
      draft.fingerprint = tokens.fingerprint(start + 2, this.position);
      draft.statements = 1;
      draft.onlyLiterals = this.isLiteralRange(start + 2, this.position);
      (facts.scopes[0] as ScopeDraft).statements--;
      this.leave(outer);
    };
  }

  /** `f = lambda …` and `{"f": lambda …}` are functions with that name; the position is at the `lambda`. */
  protected readNamedLambda(name: string): void {
    const { facts, tokens } = this;
    let parent = this.scope;
    if (facts.scopes[parent]?.kind === "constant") {
      parent = 0;
    }
    const isMethod = facts.scopes[parent]?.kind === "class" && !name.includes(".");
    const index = facts.scopes.length;
    const draft = facts.addScope(isMethod ? "method" : "function", name, parent, this.line);
    const outer = this.enter(index);
    this.position++;
    if (isMethod) {
      this.selfName = "this";
    }
    this.readParameters(COLON, draft, isMethod);
    const start = ++this.position;
    draft.calls = 0;
    this.readExpression();
    draft.statements = 1;
    draft.onlyLiterals = draft.calls === 0 && this.isLiteralRange(start, this.position);
    draft.endLine = tokens.endLineOf(this.position - 1);
    draft.fingerprint = tokens.fingerprint(start, this.position);
    this.leave(outer);
    this.isLiteral = false;
  }

  /** Looks at the names that stand from here to the end of the statement, for `__all__`. */
  protected readExports(): void {
    const names: number[] = [];
    for (let index = this.position; ; index++) {
      const kind = this.kinds[index] as number;
      if (kind === STRING) {
        names.push(index);
      } else if (kind === NEWLINE || kind === SEMICOLON) {
        break;
      } else if (kind !== COMMA && kind !== SIGN && (kind < PAREN_OPEN || kind > PAREN_OPEN + 3)) {
        return;
      }
    }
    for (const index of names) {
      const name = stringValue(this.tokens.textOf(index));
      this.facts.exports.push({ name, local: name, line: this.tokens.lines[index] as number, isType: false });
    }
  }

  /** `__all__.append("name")`, `__all__.extend([…])`. */
  protected isExportsCall(): boolean {
    if (!this.isName(this.position, allId) || this.scope !== 0 || this.kinds[this.position + 1] !== DOT) {
      return false;
    }
    return (
      /^(?:append|extend)$/.test(this.tokens.textOf(this.position + 2)) && this.kinds[this.position + 3] === PAREN_OPEN
    );
  }
}
