import type { Chain } from "../file-facts.ts";
import { AssignmentReader } from "./assignment-reader.ts";
import type { ScopeDraft } from "./fact-collector.ts";
import { knownId } from "./name-table.ts";
import {
  ARROW,
  ASYNC,
  AT,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  CLASS,
  COLON,
  COMMA,
  DEF,
  DOUBLE_STAR,
  END,
  FOR,
  KEYWORD_EQUAL,
  NAME,
  NEWLINE,
  PAREN_CLOSE,
  PAREN_OPEN,
  STAR,
} from "./token-kinds.ts";
import { isUnpackedType } from "./type-wrappers.ts";

const typeCheckingId = knownId("TYPE_CHECKING");
/** Decorators of methods that are read like fields. */
const accessors: ReadonlySet<string> = new Set([
  "property",
  "cached_property",
  "cachedproperty",
  "hybrid_property",
  "reify",
]);
/** They get the class without being told to. */
const implicitClassMethods: ReadonlySet<string> = new Set(["__new__", "__init_subclass__", "__class_getitem__"]);
const interfaceBases: ReadonlySet<string> = new Set(["Protocol", "ABC"]);

/** Reads `def` and `class`, with their decorators. */
export abstract class DefinitionReader extends AssignmentReader {
  /** The tokens of the last suite. */
  protected suiteStart = 0;
  protected suiteEnd = 0;

  protected abstract readSuite(): void;

  /** Reads a definition that may begin with decorators or `async`. */
  protected readDefinition(): void {
    const decorators = this.position;
    while (this.kinds[this.position] === AT) {
      this.#skipLine();
    }
    const start = this.position;
    const isAsync = this.skip(ASYNC);
    const isClass = this.kinds[this.position] === CLASS;
    if (!isClass && this.kinds[this.position] !== DEF) {
      this.fail();
    }
    this.position++;
    const nameId = this.readName();
    const afterName = this.position;
    const { facts, scope: parent } = this;
    const isMethod = !isClass && facts.scopes[parent]?.kind === "class";
    facts.addDefinition(parent, nameId);
    const index = facts.scopes.length;
    const draft = facts.addScope(
      isClass ? "class" : isMethod ? "method" : "function",
      this.names.nameOf(nameId),
      parent,
      this.tokens.lines[start] as number,
    );
    draft.isAsync = isAsync;
    const { loopDepth } = this;
    const outer = this.enter(index);
    this.loopDepth = 0;
    this.position = decorators;
    this.#readDecorators(draft);
    this.position = afterName;
    if (isClass) {
      this.#readClassHead(draft);
    } else {
      this.#readFunctionHead(draft, isMethod);
    }
    this.expect(COLON);
    draft.calls = 0;
    this.readSuite();
    this.#close(draft, index);
    this.loopDepth = loopDepth;
    this.leave(outer);
  }

  #skipLine(): void {
    while (this.kinds[this.position] !== NEWLINE) {
      if (this.kinds[this.position] === END) {
        this.fail();
      }
      this.position++;
    }
    this.position++;
  }

  #close(draft: ScopeDraft, index: number): void {
    const { tokens } = this;
    draft.endLine = tokens.endLineOf(tokens.lastBefore(this.suiteEnd));
    draft.fingerprint = tokens.fingerprint(this.suiteStart, this.suiteEnd);
    const isIdle = draft.statements === draft.idle && this.facts.scopes.length === index + 1;
    draft.isEmpty = isIdle || draft.decorators.some((chain) => chain.at(-1) === "overload");
    draft.onlyLiterals =
      draft.returns > 0 && draft.returns === draft.literalReturns && draft.calls === 0 && draft.yields === 0;
    if (draft.result === undefined && draft.returns === 1 && draft.yields === 0 && makesObject(draft.returned)) {
      draft.result = draft.returned.slice(0, -1);
    }
  }

  #readDecorators(draft: ScopeDraft): void {
    while (this.skip(AT)) {
      const { uses } = this.facts;
      const firstUse = uses.length;
      const value = this.readExpression();
      const last = this.lastCall;
      if (
        value !== undefined &&
        last !== undefined &&
        isCallOf(value, last.chain) &&
        uses.indexOf(last, firstUse) !== -1
      ) {
        last.kind = "decorator";
        draft.decorators.push(last.chain);
      } else if (value !== undefined) {
        const reference = uses.findLast((use, index) => index >= firstUse && use.chain === value);
        if (reference === undefined) {
          this.facts.addUse("decorator", value, this.scope, this.line, this.place);
        } else {
          reference.kind = "decorator";
          this.facts.settleLast();
        }
        draft.decorators.push(value);
      }
      this.expect(NEWLINE);
    }
  }

  #readFunctionHead(draft: ScopeDraft, isMethod: boolean): void {
    const isStaticMethod = draft.decorators.some((chain) => chain.at(-1) === "staticmethod");
    const isClassMethod =
      draft.decorators.some((chain) => chain.at(-1) === "classmethod") ||
      (isMethod && implicitClassMethods.has(draft.name));
    draft.isStatic = isMethod && (isStaticMethod || isClassMethod);
    draft.isAccessor = isMethod && draft.decorators.some((chain) => accessors.has(chain.at(-1) ?? ""));
    const hasSelf = isMethod && !isStaticMethod;
    if (hasSelf) {
      this.selfName = isClassMethod ? "class" : "this";
    }
    this.readTypeParameters();
    this.expect(PAREN_OPEN);
    this.readParameters(PAREN_CLOSE, draft, hasSelf);
    this.position++;
    if (this.skip(ARROW)) {
      this.inType = true;
      this.typeArgument = undefined;
      const result = this.readExpression();
      this.inType = false;
      if (result !== undefined) {
        draft.result = result;
        if (this.typeArgument !== undefined && isUnpackedType(result.at(-1) as string)) {
          draft.resultOf = this.typeArgument;
        }
      }
    }
  }

  #readClassHead(draft: ScopeDraft): void {
    this.readTypeParameters();
    if (!this.skip(PAREN_OPEN)) {
      return;
    }
    while (this.kinds[this.position] !== PAREN_CLOSE) {
      if (this.kinds[this.position] === NAME && this.kinds[this.position + 1] === KEYWORD_EQUAL) {
        this.position += 2;
        this.readExpression();
      } else {
        this.#readBase(draft);
      }
      if (!this.skip(COMMA)) {
        break;
      }
    }
    this.expect(PAREN_CLOSE);
  }

  #readBase(draft: ScopeDraft): void {
    const value = this.readExpression();
    const kind = this.kinds[this.position];
    if (kind === FOR || kind === ASYNC) {
      this.readComprehension();
      return;
    }
    if (value === undefined) {
      return;
    }
    // The arguments of a generic base are no part of its name.
    const end = value.at(-1) === "[]" ? -1 : undefined;
    const chain: Chain = value.slice(0, end);
    const use = this.facts.uses.findLast((candidate) => candidate.chain === value && candidate.scope === this.scope);
    if (use !== undefined) {
      use.chain = chain;
    }
    draft.bases.push({ chain, isInterface: interfaceBases.has(chain.at(-1) as string) });
  }

  /** `[T: Bound, *Ts, **P]` after the name of a function, class or type. */
  protected readTypeParameters(): void {
    if (!this.skip(BRACKET_OPEN)) {
      return;
    }
    while (this.kinds[this.position] !== BRACKET_CLOSE) {
      if (this.kinds[this.position] === STAR || this.kinds[this.position] === DOUBLE_STAR) {
        this.position++;
      }
      this.facts.addLocal(this.scope, this.readName());
      if (this.skip(COLON)) {
        this.readAnnotation();
      }
      if (this.skip(KEYWORD_EQUAL)) {
        this.readAnnotation();
      }
      if (!this.skip(COMMA)) {
        break;
      }
    }
    this.expect(BRACKET_CLOSE);
  }

  /** `type Name[T] = …`; the position is at `type`. */
  protected readTypeAlias(): void {
    const { facts, tokens, scope: parent, line } = this;
    const first = ++this.position;
    const nameId = this.readName();
    facts.addDefinition(parent, nameId);
    const index = facts.scopes.length;
    const draft = facts.addScope("interface", this.names.nameOf(nameId), parent, line);
    const outer = this.enter(index);
    this.readTypeParameters();
    this.position++;
    const start = this.position;
    this.readAnnotation();
    draft.statements = 1;
    draft.endLine = tokens.endLineOf(Math.max(first, this.position - 1));
    draft.fingerprint = tokens.fingerprint(start, this.position);
    this.leave(outer);
  }

  /** Whether the condition between these tokens is `TYPE_CHECKING` and nothing else. */
  protected isTypeChecking(start: number, end: number): boolean {
    return (
      this.isName(end - 1, typeCheckingId) && (end - start === 1 || (end - start === 3 && this.kinds[start] === NAME))
    );
  }
}

function isCallOf(value: Chain, callee: Chain): boolean {
  return (
    value.length === callee.length + 1 && value.at(-1) === "()" && callee.every((name, index) => value[index] === name)
  );
}

/** `Router(…)`, `cls(…)`: by the way that names are written in Python, a call of a class. */
function makesObject(value: Chain | undefined): value is Chain {
  const name = value?.at(-1) === "()" ? value.at(-2) : undefined;
  return name !== undefined && (name === "class" || /^_?[A-Z]/.test(name)) && !value?.includes("?");
}
