import type {
  BaseFact,
  BindingFact,
  Chain,
  ExportFact,
  ImportFact,
  ScopeFact,
  ScopeKind,
  UseFact,
  UseKind,
  UsePlace,
} from "../file-facts.ts";
import type { NameTable } from "./name-table.ts";

type Draft<Fact> = { -readonly [Key in keyof Fact]: Fact[Key] };

export type ImportDraft = Draft<ImportFact>;
export type BindingDraft = Draft<BindingFact>;

export interface UseDraft extends Draft<UseFact> {
  strings: string[];
}

export interface ScopeDraft extends Draft<ScopeFact> {
  bases: BaseFact[];
  decorators: Chain[];
  parameters: string[];
  keys: string[];
  /** What is counted to know `onlyLiterals` and `isEmpty`. */
  calls: number;
  returns: number;
  literalReturns: number;
  yields: number;
  /** What the last `return` gives, when that is a chain. */
  returned: Chain | undefined;
  /** Statements that do nothing: `pass`, `...`, a raise of NotImplementedError. */
  idle: number;
  /** Names that are plain locals here, and names that are imports or definitions here: ids of the name table. */
  locals: number[];
  definitions: number[];
  globals: number[];
  nonlocals: number[];
}

const noStrings: readonly string[] = [];

/** A use that a local may turn out to explain, once the whole scope has been read. */
interface OpenUse {
  readonly index: number;
  readonly nameId: number;
}

/** Gathers the facts of one file, and at its end takes out the uses that were plain reads of locals. */
export class FactCollector {
  readonly names: NameTable;
  readonly imports: ImportDraft[] = [];
  readonly exports: ExportFact[] = [];
  readonly scopes: ScopeDraft[] = [];
  readonly bindings: BindingDraft[] = [];
  readonly uses: UseDraft[] = [];
  readonly #openUses: OpenUse[] = [];

  constructor(names: NameTable) {
    this.names = names;
  }

  addScope(kind: ScopeKind, name: string, parent: number, line: number): ScopeDraft {
    const scope: ScopeDraft = {
      kind,
      name,
      parent,
      line,
      endLine: line,
      bases: [],
      decorators: [],
      parameters: [],
      keys: [],
      isAsync: false,
      isStatic: false,
      isAccessor: false,
      isPrivate: false,
      isEmpty: false,
      loops: 0,
      statements: 0,
      onlyLiterals: false,
      fingerprint: "",
      calls: 0,
      returns: 0,
      literalReturns: 0,
      returned: undefined,
      yields: 0,
      idle: 0,
      locals: [],
      definitions: [],
      globals: [],
      nonlocals: [],
    };
    this.scopes.push(scope);
    return scope;
  }

  addUse(kind: UseKind, chain: Chain, scope: number, line: number, place: UsePlace): UseDraft {
    const use: UseDraft = { kind, chain, scope, line, strings: noStrings as string[], arguments: 0, place };
    this.uses.push(use);
    return use;
  }

  /** A use that is none if `nameId` turns out to be a local. */
  addOpenUse(kind: UseKind, chain: Chain, scope: number, line: number, place: UsePlace, nameId: number): UseDraft {
    this.#openUses.push({ index: this.uses.length, nameId });
    return this.addUse(kind, chain, scope, line, place);
  }

  /** Takes the last use back, when it is the one of exactly this chain: what stood before it belongs to a longer one. */
  takeBack(chain: Chain): void {
    const last = this.uses.at(-1);
    if (last !== undefined && last.chain === chain && last.kind !== "call") {
      this.uses.pop();
      if (this.#openUses.at(-1)?.index === this.uses.length) {
        this.#openUses.pop();
      }
    }
  }

  /** Takes back every use from the one at `length` on. */
  takeBackTo(length: number): void {
    this.uses.length = length;
    while ((this.#openUses.at(-1)?.index ?? -1) >= length) {
      this.#openUses.pop();
    }
  }

  /** The last use is one whatever its name turns out to be. */
  settleLast(): void {
    if (this.#openUses.at(-1)?.index === this.uses.length - 1) {
      this.#openUses.pop();
    }
  }

  addLocal(scope: number, nameId: number): void {
    const { locals } = this.scopes[scope] as ScopeDraft;
    if (!locals.includes(nameId)) {
      locals.push(nameId);
    }
  }

  addDefinition(scope: number, nameId: number): void {
    const { definitions } = this.scopes[scope] as ScopeDraft;
    if (!definitions.includes(nameId)) {
      definitions.push(nameId);
    }
  }

  /** The uses in order, without plain reads of locals. */
  settledUses(): UseDraft[] {
    const dropped = new Set<number>();
    for (const { index, nameId } of this.#openUses) {
      if (this.#isLocal((this.uses[index] as UseDraft).scope, nameId)) {
        dropped.add(index);
      }
    }
    return dropped.size === 0 ? this.uses : this.uses.filter((_, index) => !dropped.has(index));
  }

  #isLocal(scope: number, nameId: number): boolean {
    let current = scope;
    while (current !== -1) {
      const draft = this.scopes[current] as ScopeDraft;
      // The names of a class are seen by its own statements only; those of the module are what others use.
      const sees = current === scope || (draft.kind !== "class" && current !== 0);
      if (sees) {
        if (draft.definitions.includes(nameId) || draft.globals.includes(nameId)) {
          return false;
        }
        if (draft.locals.includes(nameId)) {
          return true;
        }
      }
      current = draft.parent;
    }
    return false;
  }
}
