import { addKey, isHandlerName } from "../dispatch-keys.ts";
import type { Chain } from "../file-facts.ts";
import { placeWithin } from "../place-within.ts";
import { ScanError } from "./scan-error.ts";
import { stringValue } from "./string-literal.ts";
import { TargetReader } from "./target-reader.ts";
import {
  AND,
  ASYNC,
  AT,
  AWAIT,
  BAR,
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COLON,
  COMMA,
  DOUBLE_STAR,
  ELLIPSIS,
  ELSE,
  FALSE,
  FIELD_END,
  FIELD_START,
  FOR,
  FROM,
  FSTRING_END,
  FSTRING_START,
  IF,
  IN,
  IS,
  LAMBDA,
  NAME,
  NONE,
  NOT,
  NUMBER,
  OPERATOR,
  OR,
  PAREN_CLOSE,
  PAREN_OPEN,
  SIGN,
  STAR,
  STRING,
  TILDE,
  TRUE,
  WALRUS,
  YIELD,
} from "./token-kinds.ts";

/** Expressions inside expressions; brackets alone are bounded by the tokenizer, lambdas and conditions are not. */
const deepestExpression = 600;

/** Reads expressions. It builds no tree: it says what is used, and returns the chain that the value is, if it is one. */
export abstract class ExpressionReader extends TargetReader {
  /** The name that a dictionary or lambda becomes the value of, for the functions in it. */
  protected valueName: string | undefined;
  #depth = 0;

  protected abstract readNamedLambda(name: string): void;
  protected abstract readForwardReference(text: string, line: number): Chain | undefined;

  /** Expressions with commas between them; more than one are a tuple. */
  protected readExpressions(): Chain | undefined {
    let value = this.readExpression();
    while (this.skip(COMMA)) {
      value = undefined;
      if (!this.#startsExpression(this.kinds[this.position] as number)) {
        this.isLiteral = true;
        break;
      }
      this.readExpression();
      this.isLiteral = true;
    }
    return value;
  }

  #startsExpression(kind: number): boolean {
    return (
      (kind >= NAME && kind <= FSTRING_START) ||
      kind === PAREN_OPEN ||
      kind === BRACKET_OPEN ||
      kind === BRACE_OPEN ||
      kind === STAR ||
      kind === DOUBLE_STAR ||
      kind === ELLIPSIS ||
      kind === SIGN ||
      kind === TILDE ||
      kind === FALSE ||
      kind === NONE ||
      kind === TRUE ||
      kind === AWAIT ||
      kind === LAMBDA ||
      kind === NOT ||
      kind === YIELD
    );
  }

  /** One expression, with its condition and its name (`:=`). */
  protected readExpression(): Chain | undefined {
    if (++this.#depth > deepestExpression) {
      throw new ScanError("expressions are nested too deeply", this.line);
    }
    const value =
      this.kinds[this.position] === NAME && this.kinds[this.position + 1] === WALRUS
        ? this.#readNamedExpression()
        : this.#readConditional();
    this.#depth--;
    return value;
  }

  #readNamedExpression(): Chain | undefined {
    const { line } = this;
    const binding = this.bind(this.readName(), line);
    this.position++;
    const value = this.readExpression();
    binding.isLiteral = this.isLiteral;
    if (value !== undefined) {
      binding.value = value;
    }
    return value;
  }

  #readConditional(): Chain | undefined {
    const { place } = this;
    const { uses } = this.facts;
    const firstUse = uses.length;
    const value = this.readDisjunction();
    if (this.kinds[this.position] !== IF) {
      return value;
    }
    const { isLiteral } = this;
    const lastUse = uses.length;
    const start = ++this.position;
    this.readDisjunction();
    const inner = placeWithin(place, this.placeOfCondition(start, this.position));
    // What stands before its condition was read before that was known.
    for (let index = firstUse; index < lastUse; index++) {
      const use = uses[index];
      if (use !== undefined && use.place === place && use.scope === this.scope) {
        use.place = inner;
      }
    }
    this.expect(ELSE);
    this.place = inner;
    const otherwise = this.readExpression();
    this.place = place;
    this.isLiteral = this.isLiteral && isLiteral;
    this.isSingle = false;
    return value ?? otherwise;
  }

  protected readDisjunction(): Chain | undefined {
    let value = this.#readOperands();
    while (this.kinds[this.position] === OR) {
      this.position++;
      const { isLiteral } = this;
      const next = this.#readOperands();
      value ??= next;
      this.isLiteral = this.isLiteral && isLiteral;
      this.isSingle = false;
    }
    return value;
  }

  /** Operands with any operators between them but `or`. */
  #readOperands(): Chain | undefined {
    const { place, position: start } = this;
    let value = this.readOperand();
    for (;;) {
      switch (this.kinds[this.position]) {
        case NOT:
          if (this.kinds[this.position + 1] !== IN) {
            this.place = place;
            return value;
          }
          this.position++;
          break;
        case BAR:
          if (this.inType) {
            this.position++;
            const { typeArgument } = this;
            const next = this.readOperand();
            if (value === undefined) {
              value = next;
            } else {
              this.typeArgument = typeArgument;
            }
            continue;
          }
          break;
        case OPERATOR:
        case SIGN:
        case STAR:
        case DOUBLE_STAR:
        case AT:
        case IN:
        case IS:
          break;
        case AND:
          // What comes behind it is only done when what stands before it holds.
          this.place = placeWithin(place, this.placeOfCondition(start, this.position));
          break;
        default:
          this.place = place;
          return value;
      }
      this.#readKeys(this.position);
      this.position++;
      this.readOperand();
      value = undefined;
      this.isLiteral = false;
    }
  }

  /** `== "a"`, `in ("a", "b")`; `operator` is the token. */
  #readKeys(operator: number): void {
    const { kinds } = this;
    const next = kinds[operator + 1];
    if (kinds[operator] === OPERATOR && next === STRING && this.tokens.textOf(operator) === "==") {
      this.addKeyAt(operator + 1);
    } else if (kinds[operator] === IN && (next === PAREN_OPEN || next === BRACKET_OPEN || next === BRACE_OPEN)) {
      for (let at = operator + 2; kinds[at] === STRING; at += 2) {
        this.addKeyAt(at);
        if (kinds[at + 1] !== COMMA) {
          return;
        }
      }
    }
  }

  /** The text at a token is something that the scope dispatches on. */
  protected addKeyAt(token: number): void {
    addKey(this.scopeDraft.keys, stringValue(this.tokens.textOf(token)));
  }

  /** One operand, with what stands before it. */
  protected readOperand(): Chain | undefined {
    let isChanged = false;
    let isLiteral = true;
    for (;;) {
      switch (this.kinds[this.position]) {
        case NOT:
          isLiteral = false;
          isChanged = true;
          break;
        case SIGN:
        case TILDE:
        case STAR:
        case DOUBLE_STAR:
          isChanged = true;
          break;
        case AWAIT:
          break;
        default: {
          const value = this.#readPrimary();
          this.isLiteral = this.isLiteral && isLiteral;
          return isChanged ? undefined : value;
        }
      }
      this.position++;
    }
  }

  #readPrimary(): Chain | undefined {
    const { line } = this;
    let value: Chain | undefined;
    switch (this.kinds[this.position]) {
      case NAME:
        return this.readNamed();
      case STRING:
      case FSTRING_START:
        value = this.#readStrings();
        if (value !== undefined) {
          return value;
        }
        break;
      case NUMBER:
      case NONE:
      case TRUE:
      case FALSE:
      case ELLIPSIS:
        this.position++;
        this.isLiteral = true;
        break;
      case PAREN_OPEN:
        value = this.#readParentheses();
        break;
      case BRACKET_OPEN:
        this.#readList();
        break;
      case BRACE_OPEN:
        this.#readBraces();
        break;
      case LAMBDA:
        this.#readLambda();
        return undefined;
      case YIELD:
        this.#readYield();
        return undefined;
      default:
        this.fail();
    }
    if (!this.isTrailer(this.position) || (this.inType && this.kinds[this.position] === BRACKET_OPEN)) {
      return value;
    }
    if (value === undefined || !this.isSingle) {
      return this.readTrailers(["?"], line, -1, false);
    }
    this.facts.takeBack(value);
    return this.readTrailers([...value], line, -2, false);
  }

  /** Literals side by side are one string. In an annotation a string is an annotation, and may be a chain. */
  #readStrings(): Chain | undefined {
    const first = this.position;
    if (this.inType && this.kinds[first] === STRING && !this.#goesOn(first + 1)) {
      this.position++;
      const type = this.readForwardReference(
        stringValue(this.tokens.textOf(first)),
        this.tokens.lines[first] as number,
      );
      this.isLiteral = false;
      return type;
    }
    while (this.#goesOn(this.position)) {
      if (this.kinds[this.position] === STRING) {
        this.position++;
      } else {
        this.#readFormatted();
      }
    }
    this.isLiteral = true;
    return undefined;
  }

  #goesOn(position: number): boolean {
    return this.kinds[position] === STRING || this.kinds[position] === FSTRING_START;
  }

  #readFormatted(): void {
    const { inType } = this;
    this.inType = false;
    this.position++;
    while (this.kinds[this.position] !== FSTRING_END) {
      const kind = this.kinds[this.position];
      if (kind === FIELD_START) {
        this.position++;
        this.readExpressions();
        if (this.kinds[this.position] !== FIELD_END && this.kinds[this.position] !== FIELD_START) {
          this.fail();
        }
      } else if (kind === FIELD_END) {
        this.position++;
      } else {
        this.fail();
      }
    }
    this.position++;
    this.inType = inType;
  }

  /** `(…)`: a tuple, a generator, or just the expression in it, whose chain it is then. */
  #readParentheses(): Chain | undefined {
    this.position++;
    if (this.skip(PAREN_CLOSE)) {
      this.isLiteral = true;
      return undefined;
    }
    let value = this.readExpression();
    const kind = this.kinds[this.position];
    if (kind === COMMA) {
      this.#readElements(PAREN_CLOSE);
      value = undefined;
      this.isLiteral = true;
    } else if (kind === FOR || kind === ASYNC) {
      this.readComprehension();
      value = undefined;
      this.isLiteral = false;
    }
    this.expect(PAREN_CLOSE);
    return value;
  }

  #readList(): void {
    this.position++;
    if (this.kinds[this.position] !== BRACKET_CLOSE) {
      this.readExpression();
      const kind = this.kinds[this.position];
      if (kind === FOR || kind === ASYNC) {
        this.readComprehension();
      } else {
        this.#readElements(BRACKET_CLOSE);
      }
    }
    this.expect(BRACKET_CLOSE);
    this.isLiteral = true;
  }

  /** The elements after the first one. */
  #readElements(close: number): void {
    while (this.skip(COMMA)) {
      if (this.kinds[this.position] === close) {
        return;
      }
      this.readExpression();
    }
  }

  #readBraces(): void {
    const name = this.valueName;
    this.valueName = undefined;
    this.position++;
    while (this.kinds[this.position] !== BRACE_CLOSE) {
      const key = this.position;
      this.readExpression();
      if (this.skip(COLON)) {
        if (name !== undefined && this.kinds[key] === STRING && this.kinds[this.position] === LAMBDA) {
          this.addKeyAt(key);
          this.readNamedLambda(`${name}.${stringValue(this.tokens.textOf(key))}`);
        } else {
          const isLambda = this.kinds[this.position] === LAMBDA;
          const value = this.readExpression();
          if (
            this.kinds[key] === STRING &&
            this.kinds[key + 1] === COLON &&
            (isLambda || isHandlerName(value?.at(-1) ?? ""))
          ) {
            this.addKeyAt(key);
          }
        }
      }
      const kind = this.kinds[this.position];
      if (kind === FOR || kind === ASYNC) {
        this.readComprehension();
      }
      if (!this.skip(COMMA)) {
        break;
      }
    }
    this.expect(BRACE_CLOSE);
    this.isLiteral = true;
  }

  protected readComprehension(): void {
    for (;;) {
      this.skip(ASYNC);
      if (!this.skip(FOR)) {
        return;
      }
      const binding = this.readTargets();
      this.expect(IN);
      const value = this.readDisjunction();
      if (binding !== undefined && value !== undefined) {
        binding.value = [...value, "[]"];
      }
      while (this.skip(IF)) {
        this.readDisjunction();
      }
    }
  }

  #readLambda(): void {
    const { selfId } = this;
    this.position++;
    this.readParameters(COLON, undefined, false);
    this.position++;
    this.readExpression();
    this.selfId = selfId;
    this.isLiteral = false;
  }

  #readYield(): void {
    this.position++;
    this.scopeDraft.yields++;
    if (this.skip(FROM)) {
      this.readExpression();
    } else if (this.#startsExpression(this.kinds[this.position] as number)) {
      this.readExpressions();
    }
    this.isLiteral = false;
  }
}
