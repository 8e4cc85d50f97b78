import type { UsePlace } from "../file-facts.ts";
import type { FactCollector, ScopeDraft } from "./fact-collector.ts";
import { isFlagName } from "./flag-words.ts";
import type { NameTable } from "./name-table.ts";
import { ScanError } from "./scan-error.ts";
import { NAME, STRING } from "./token-kinds.ts";
import type { Tokens } from "./tokens.ts";

interface ReaderState {
  readonly scope: number;
  readonly place: UsePlace;
  readonly selfId: number;
  readonly selfName: "this" | "class";
  readonly inType: boolean;
}

/** Where a reader stands in the tokens and in the scopes; what every reader of a part of the language builds on. */
export class TokenReader {
  readonly tokens: Tokens;
  readonly facts: FactCollector;
  readonly names: NameTable;
  protected kinds: Uint8Array;
  protected position = 0;
  /** Index of the scope that what is read belongs to. */
  protected scope = 0;
  protected place: UsePlace = "plain";
  /** The name that means the instance or the class here, and which of the two. */
  protected selfId = -1;
  protected selfName: "this" | "class" = "this";

  /** What is read is an annotation: names are types, and a string is an annotation too. */
  protected inType = false;

  constructor(tokens: Tokens, facts: FactCollector) {
    this.tokens = tokens;
    this.facts = facts;
    this.names = facts.names;
    this.kinds = tokens.kinds;
  }

  protected get line(): number {
    return this.tokens.lines[this.position] as number;
  }

  protected get scopeDraft(): ScopeDraft {
    return this.facts.scopes[this.scope] as ScopeDraft;
  }

  protected fail(): never {
    const text = this.tokens.textOf(this.position);
    throw new ScanError(
      text === "" ? "unexpected end of a statement" : `unexpected ${JSON.stringify(text.slice(0, 40))}`,
      this.line,
    );
  }

  protected expect(kind: number): void {
    if (this.kinds[this.position] !== kind) {
      this.fail();
    }
    this.position++;
  }

  /** Passes over a token of that kind, if one is there. */
  protected skip(kind: number): boolean {
    if (this.kinds[this.position] !== kind) {
      return false;
    }
    this.position++;
    return true;
  }

  /** Goes into a scope that was just added; `leave` brings back what this returns. */
  protected enter(scope: number): ReaderState {
    const { scope: outer, place, selfId, selfName, inType } = this;
    this.scope = scope;
    this.place = "plain";
    this.inType = false;
    return { scope: outer, place, selfId, selfName, inType };
  }

  protected leave(state: ReaderState): void {
    this.scope = state.scope;
    this.place = state.place;
    this.selfId = state.selfId;
    this.selfName = state.selfName;
    this.inType = state.inType;
  }

  /** The id of the name at the position, which it passes over. */
  protected readName(): number {
    this.expect(NAME);
    return this.tokens.values[this.position - 1] as number;
  }

  protected isName(position: number, id: number): boolean {
    return this.kinds[position] === NAME && this.tokens.values[position] === id;
  }

  /** The token that closes the bracket at `position`. */
  protected closeOf(position: number): number {
    return this.tokens.values[position] as number;
  }

  /** Where a branch stands whose condition is made of these tokens. */
  protected placeOfCondition(start: number, end: number): UsePlace {
    for (let index = start; index < end; index++) {
      const kind = this.kinds[index];
      if (kind === NAME) {
        if (this.names.isFlag(this.tokens.values[index] as number)) {
          return "flag";
        }
      } else if (kind === STRING && this.isFlagString(index)) {
        return "flag";
      }
    }
    return "branch";
  }

  /** `flags["legacy_router"]`, `isOn("use-router")`: a key that reads like a name. */
  private isFlagString(index: number): boolean {
    const key = /^["']([\w.-]{1,60})["']$/.exec(this.tokens.textOf(index))?.[1];
    return key !== undefined && isFlagName(key.replace(/[.-]/g, "_"));
  }
}
