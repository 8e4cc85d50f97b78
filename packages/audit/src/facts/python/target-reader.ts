import type { Chain } from "../file-facts.ts";
import { ChainReader } from "./chain-reader.ts";
import type { BindingDraft, ScopeDraft } from "./fact-collector.ts";
import { knownId } from "./name-table.ts";
import {
  ASSIGN,
  BRACKET_OPEN,
  COLON,
  COMMA,
  DOUBLE_STAR,
  IN,
  KEYWORD_EQUAL,
  NAME,
  OPERATOR,
  PAREN_CLOSE,
  PAREN_OPEN,
  STAR,
} from "./token-kinds.ts";

const dependsId = knownId("Depends");
const securityId = knownId("Security");
const constructors: ReadonlySet<string> = new Set(["__init__", "__new__", "__post_init__", "__init_subclass__"]);

/** Reads what gives names: targets of assignments and loops, and parameters. */
export abstract class TargetReader extends ChainReader {
  protected abstract readOperand(): Chain | undefined;

  /** Gives a name something in the scope at hand. */
  protected bind(nameId: number, line: number): BindingDraft {
    const draft = this.scopeDraft;
    let { scope } = this;
    let isLate = false;
    if (draft.globals.includes(nameId)) {
      scope = 0;
      isLate = this.scope !== 0;
    } else if (draft.nonlocals.includes(nameId)) {
      scope = this.#holderOf(nameId);
      isLate = true;
    } else {
      this.facts.addLocal(scope, nameId);
    }
    const kind = draft.kind === "class" && scope === this.scope ? "field" : "variable";
    return this.#addBinding(scope, this.names.nameOf(nameId), kind, line, isLate);
  }

  /** The function around this one that has the name. */
  #holderOf(nameId: number): number {
    let holder = this.scopeDraft.parent;
    for (let scope = holder; scope > 0; scope = (this.facts.scopes[scope] as ScopeDraft).parent) {
      if (this.facts.scopes[scope]?.locals.includes(nameId)) {
        holder = scope;
        break;
      }
    }
    return holder;
  }

  #addBinding(scope: number, name: string, kind: BindingDraft["kind"], line: number, isLate: boolean): BindingDraft {
    const binding: BindingDraft = { scope, name, kind, line, isLiteral: false, isLate };
    this.facts.bindings.push(binding);
    return binding;
  }

  /** Reads one target. Returns what it binds, when that is one name or one field. */
  protected readTarget(): BindingDraft | undefined {
    const { position, line } = this;
    const kind = this.kinds[position];
    if (kind === NAME) {
      if (this.isTrailer(position + 1)) {
        return this.store(this.readNamed(true), line);
      }
      return this.bind(this.readName(), line);
    }
    if (kind === STAR) {
      this.position++;
      this.readTarget();
      return undefined;
    }
    if (kind === PAREN_OPEN || kind === BRACKET_OPEN) {
      const close = this.closeOf(position);
      if (!this.isTrailer(close + 1)) {
        this.position++;
        const single = this.#readTargetsUntil(close);
        return kind === PAREN_OPEN ? single : undefined;
      }
    }
    this.readOperand();
    return undefined;
  }

  #readTargetsUntil(close: number): BindingDraft | undefined {
    let single: BindingDraft | undefined;
    let count = 0;
    let hasComma = false;
    while (this.position < close) {
      single = this.readTarget();
      count++;
      if (!this.skip(COMMA)) {
        break;
      }
      hasComma = true;
    }
    if (this.position !== close) {
      this.fail();
    }
    this.position++;
    return count === 1 && !hasComma ? single : undefined;
  }

  /** Reads targets up to what cannot belong to them. Returns what they bind, when that is one name or field alone. */
  protected readTargets(): BindingDraft | undefined {
    let single = this.readTarget();
    while (this.skip(COMMA)) {
      single = undefined;
      const kind = this.kinds[this.position];
      if (kind === IN || kind === ASSIGN) {
        break;
      }
      this.readTarget();
    }
    return single;
  }

  /** A target with more than one name: a field of the class at hand, or a use of what it leads to. */
  protected store(chain: Chain, line: number): BindingDraft | undefined {
    const [root, name] = chain;
    if (chain.length === 2 && name !== undefined && (root === "this" || root === "class")) {
      let owner = this.scope;
      while (owner > 0 && this.facts.scopes[owner]?.kind !== "class") {
        owner = (this.facts.scopes[owner] as ScopeDraft).parent;
      }
      const { kind, name: method } = this.scopeDraft;
      return this.#addBinding(owner, name, "field", line, kind !== "method" || !constructors.has(method));
    }
    if (chain.length > 1 && chain[chain.length - 1] !== "()") {
      this.facts.addUse("reference", chain, this.scope, line, this.place);
    }
    return undefined;
  }

  /**
   * Reads parameters up to the token `end`, which it leaves. `owner` is the function that has them, none for a lambda
   * without a name; `isMethod` when the first of them is the instance or the class.
   */
  protected readParameters(end: number, owner: ScopeDraft | undefined, isMethod: boolean): void {
    let isFirst = true;
    while (this.kinds[this.position] !== end) {
      const { line } = this;
      const kind = this.kinds[this.position];
      if (kind === STAR || kind === DOUBLE_STAR) {
        this.position++;
        isFirst = false;
      } else if (kind === OPERATOR && this.tokens.textOf(this.position) === "/") {
        this.position++;
      } else if (kind !== NAME) {
        this.fail();
      }
      if (this.kinds[this.position] === NAME) {
        const nameId = this.readName();
        if (isFirst && isMethod) {
          this.selfId = nameId;
          this.#readParameter(undefined, end);
        } else {
          if (nameId === this.selfId) {
            this.selfId = -1;
          }
          const name = this.names.nameOf(nameId);
          this.facts.addLocal(this.scope, nameId);
          owner?.parameters.push(name);
          this.#readParameter(this.#addBinding(this.scope, name, "parameter", line, false), end);
        }
        isFirst = false;
      }
      if (!this.skip(COMMA)) {
        break;
      }
    }
    if (this.kinds[this.position] !== end) {
      this.fail();
    }
  }

  #readParameter(binding: BindingDraft | undefined, end: number): void {
    if (end !== COLON && this.skip(COLON)) {
      const type = this.readAnnotation();
      if (binding !== undefined && type !== undefined) {
        binding.type = type;
      }
    }
    if (this.skip(KEYWORD_EQUAL) || this.skip(ASSIGN)) {
      const injected = this.#injected();
      const written = this.readExpression();
      const value = injected ?? written;
      if (binding !== undefined && value !== undefined) {
        binding.value = value;
      }
    }
  }

  /** `Depends(get_orders)` of FastAPI gives what that returns. */
  #injected(): Chain | undefined {
    const { position, kinds } = this;
    const isOne = this.isName(position, dependsId) || this.isName(position, securityId);
    if (!isOne || kinds[position + 1] !== PAREN_OPEN || kinds[position + 2] !== NAME) {
      return undefined;
    }
    const end = kinds[position + 3];
    return end === PAREN_CLOSE || end === COMMA ? [this.tokens.textOf(position + 2), "()"] : undefined;
  }

  /** Reads an annotation and returns the type that it names. */
  protected readAnnotation(): Chain | undefined {
    const { inType } = this;
    this.inType = true;
    this.typeArgument = undefined;
    const type = this.readType();
    this.inType = inType;
    return type;
  }
}
