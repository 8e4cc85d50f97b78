import type { BaseFact, Chain, ScopeFact, ScopeKind } from "../file-facts.ts";

/** A scope while its text is being read. */
export interface ScopeDraft {
  readonly kind: ScopeKind;
  readonly name: string;
  readonly parent: number;
  readonly line: number;
  readonly endLine: number;
  /** The tokens of these offsets make its fingerprint. */
  readonly body: { readonly start: number; readonly end: number };
  bases: BaseFact[];
  decorators: Chain[];
  parameters: string[];
  result?: Chain | undefined;
  resultOf?: Chain | undefined;
  isAsync: boolean;
  isStatic: boolean;
  isAccessor: boolean;
  isPrivate: boolean;
  isEmpty: boolean;
  loops: number;
  statements: number;
  /** Results in its own text, and how many of them are nothing but literals. */
  results: number;
  literalResults: number;
  hasCall: boolean;
  readonly keys: string[];
}

export type ScopeStart = Pick<ScopeDraft, "kind" | "name" | "parent" | "line" | "endLine" | "body">;

export function draftScope(start: ScopeStart): ScopeDraft {
  return {
    ...start,
    bases: [],
    decorators: [],
    parameters: [],
    isAsync: false,
    isStatic: false,
    isAccessor: false,
    isPrivate: false,
    isEmpty: false,
    loops: 0,
    statements: 0,
    results: 0,
    literalResults: 0,
    hasCall: false,
    keys: [],
  };
}

export function finishScope(draft: ScopeDraft, fingerprint: string): ScopeFact {
  return {
    kind: draft.kind,
    name: draft.name,
    parent: draft.parent,
    line: draft.line,
    endLine: draft.endLine,
    bases: draft.bases,
    decorators: draft.decorators,
    parameters: draft.parameters,
    ...(draft.result === undefined ? {} : { result: draft.result }),
    ...(draft.resultOf === undefined ? {} : { resultOf: draft.resultOf }),
    isAsync: draft.isAsync,
    isStatic: draft.isStatic,
    isAccessor: draft.isAccessor,
    isPrivate: draft.isPrivate,
    isEmpty: draft.isEmpty,
    loops: draft.loops,
    statements: draft.statements,
    onlyLiterals: draft.results > 0 && draft.literalResults === draft.results && !draft.hasCall,
    fingerprint,
    keys: draft.keys,
  };
}
