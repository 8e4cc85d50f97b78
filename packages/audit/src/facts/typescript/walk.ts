import { type Node, visitorKeys } from "oxc-parser";
import type {
  BindingFact,
  Chain,
  ExportFact,
  ImportFact,
  ScopeKind,
  UseFact,
  UseKind,
  UsePlace,
} from "../file-facts.ts";
import { placeWithin } from "../place-within.ts";
import type { Span } from "./fingerprints.ts";
import { LineIndex } from "./line-index.ts";
import { Names } from "./names.ts";
import { draftScope, type ScopeDraft } from "./scope-draft.ts";

/** The node that has this type; of a type that several nodes share, all of them. */
export type NodeOf<Type extends string> = Node extends infer Each
  ? Each extends { readonly type: infer Own }
    ? Type extends Own
      ? Each
      : never
    : never
  : never;

/** What to do at a node; a node without a visitor only has its children visited. */
export type Visitors = { readonly [Type in Node["type"]]?: (walk: Walk, node: NodeOf<Type>) => void };

/** The function, named or not, whose text is being read. */
export interface FunctionState {
  readonly id: number;
  /** What `this.x = …` in it sets a field of; -1 when the text does not say. */
  readonly thisScope: number;
  /** Constructors and class bodies set up state; everything else changes it. */
  readonly isSetUp: boolean;
  /** Its results are those of the scope: not so for an anonymous function inside it. */
  readonly isOwnScope: boolean;
}

/** The state of one pass over a file, and the facts found so far. */
export class Walk {
  readonly path: string;
  readonly text: string;
  readonly imports: ImportFact[] = [];
  readonly exports: ExportFact[] = [];
  readonly scopes: ScopeDraft[] = [];
  readonly bindings: BindingFact[] = [];
  readonly uses: UseFact[] = [];
  /** Spans whose whitespace is part of the program. */
  readonly verbatim: Span[] = [];
  isProgram: boolean;
  /** Index of the scope whose text is being read. */
  scope = 0;
  place: UsePlace = "plain";
  /** Inside a `try` whose handler goes on without the error. */
  isSurvivable = false;
  /** Directly in the text of the module or of a namespace: not in a block, not in a function. */
  isTopLevel = true;
  /** There is a `var` somewhere: only then function bodies have to be searched for them. */
  readonly hasVariables: boolean;
  /** The name that the next class gets from where its value goes: `const Router = class {}`. */
  givenName: { readonly name: string; readonly at: Span } | undefined;
  /** What stands before the names of declarations: `Wire.` inside `namespace Wire`. */
  prefix = "";
  /** What is exported there is no export of the file. */
  isInsideNamespace = false;
  names = new Names(undefined, true);
  function: FunctionState = { id: 0, thisScope: -1, isSetUp: true, isOwnScope: false };
  readonly #lines: LineIndex;
  readonly #visitors: Visitors;
  #functions = 0;

  constructor(path: string, text: string, visitors: Visitors) {
    this.path = path;
    this.text = text;
    this.isProgram = text.startsWith("#!");
    this.hasVariables = /\bvar\b/.test(text);
    this.#lines = new LineIndex(text);
    this.#visitors = visitors;
    this.scopes.push(
      draftScope({
        kind: "module",
        name: "",
        parent: -1,
        line: 1,
        endLine: this.#lines.lineAt(text.length),
        body: { start: 0, end: text.length },
      }),
    );
  }

  visit(node: Node | null | undefined): void {
    if (node === null || node === undefined) return;
    const visitor = this.#visitors[node.type] as ((walk: Walk, node: Node) => void) | undefined;
    if (visitor === undefined) this.visitChildren(node);
    else visitor(this, node);
  }

  visitAll(nodes: readonly (Node | null)[] | null | undefined): void {
    if (nodes === null || nodes === undefined) return;
    for (const node of nodes) this.visit(node);
  }

  visitChildren(node: Node): void {
    const children = node as unknown as Readonly<Record<string, Node | (Node | null)[] | null | undefined>>;
    for (const key of visitorKeys[node.type] ?? []) {
      const child = children[key];
      if (Array.isArray(child)) this.visitAll(child);
      else this.visit(child);
    }
  }

  /** Reads the key of a member: a name there is no use, unless it is computed. */
  visitKey(key: Node, isComputed: boolean): void {
    if (isComputed || key.type === "Literal") this.visit(key);
  }

  lineOf(node: Span): number {
    return this.#lines.lineAt(node.start);
  }

  lineAt(offset: number): number {
    return this.#lines.lineAt(offset);
  }

  sourceOf(node: Span): string {
    return this.text.slice(node.start, node.end);
  }

  current(): ScopeDraft {
    return this.draft(this.scope);
  }

  draft(scope: number): ScopeDraft {
    const draft = this.scopes[scope];
    if (draft === undefined) throw new RangeError(`there is no scope ${scope}`);
    return draft;
  }

  /** Adds a scope; `whole` is the declaration with its name, `body` what makes its fingerprint. */
  addScope(kind: ScopeKind, name: string, nameAt: Span, whole: Span, body: Span, parent = this.scope): ScopeDraft {
    const draft = draftScope({
      kind,
      name,
      parent,
      line: this.#lines.lineAt(nameAt.start),
      endLine: this.#lines.lineAt(Math.max(whole.start, whole.end - 1)),
      body: { start: body.start, end: body.end },
    });
    this.scopes.push(draft);
    return draft;
  }

  /** Reads text that belongs to a scope of its own. */
  inScope(scope: number, read: () => void): void {
    const { scope: outerScope, place, isTopLevel, isSurvivable, prefix } = this;
    this.scope = scope;
    this.place = "plain";
    this.isTopLevel = false;
    this.isSurvivable = false;
    this.prefix = "";
    read();
    this.scope = outerScope;
    this.place = place;
    this.isTopLevel = isTopLevel;
    this.isSurvivable = isSurvivable;
    this.prefix = prefix;
  }

  /** Reads the text of a function: its names are its own. */
  inFunction(state: Omit<FunctionState, "id">, read: () => void): void {
    const { names, function: outerFunction, isTopLevel } = this;
    this.#functions += 1;
    this.names = new Names(names, true);
    this.function = { id: this.#functions, ...state };
    this.isTopLevel = false;
    read();
    this.names = names;
    this.function = outerFunction;
    this.isTopLevel = isTopLevel;
  }

  inBlock(read: () => void): void {
    const { names, isTopLevel } = this;
    this.names = new Names(names, false);
    this.isTopLevel = false;
    read();
    this.names = names;
    this.isTopLevel = isTopLevel;
  }

  inPlace(place: UsePlace, read: () => void): void {
    const outer = this.place;
    this.place = placeWithin(outer, place);
    read();
    this.place = outer;
  }

  use(kind: UseKind, chain: Chain, at: Span, strings: readonly string[] = [], count = 0): void {
    if (kind === "call" || kind === "dynamic") this.current().hasCall = true;
    this.uses.push({
      kind,
      chain,
      scope: this.scope,
      line: this.lineOf(at),
      strings,
      arguments: count,
      place: this.place,
    });
  }
}
