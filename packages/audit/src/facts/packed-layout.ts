/**
 * How the facts of a file lie in memory, in threads and in the cache: cells of numbers, then all its names as one text.
 * Objects for millions of uses cost more than finding them; cells cross threads as they are, and nobody need read those
 * that nobody asks about. What may be missing is kept as its number plus 1, so that 0 means none.
 *
 * The sections follow each other: header, lengths of the names, where the items of each list begin among all items and where
 * the last ends, items of the lists, imports, exports, scopes, bindings, uses, ignores, and of the uses what is asked of whole
 * programs: lists of texts that may name modules, and numbers of those that are only known when they run. A list holds names
 * (a chain, parameters) or other lists (decorators, bases).
 */
import type { BindingFact, Language, ScopeKind, UseKind, UsePlace } from "./file-facts.ts";

/** Before the cells, in four bytes each: the width of a cell in bytes, the width of a character, cells, characters. */
export const preambleBytes = 16;

export const header = {
  language: 0,
  flags: 1,
  names: 2,
  lists: 3,
  items: 4,
  imports: 5,
  exports: 6,
  scopes: 7,
  bindings: 8,
  uses: 9,
  ignores: 10,
  /** Plus 1. */
  errorMessage: 11,
  errorLine: 12,
  namings: 13,
  computed: 14,
} as const;
export const headerCells = 15;
export const fileFlags = { isGenerated: 1, onlyImports: 2, isProgram: 4 } as const;

export const importCell = { specifier: 0, imported: 1, local: 2, scope: 3, line: 4, flags: 5 } as const;
export const importCells = 6;
export const importFlags = { isType: 1, isOptional: 2 } as const;

export const exportCell = { name: 0, specifier: 1, imported: 2, local: 3, line: 4, isType: 5 } as const;
export const exportCells = 6;

export const scopeCell = {
  kind: 0,
  name: 1,
  /** Plus 1: that of the module is -1. */
  parent: 2,
  line: 3,
  endLine: 4,
  /** A list of lists, each followed by 1 when it is an interface, else 0. */
  bases: 5,
  decorators: 6,
  parameters: 7,
  result: 8,
  resultOf: 9,
  flags: 10,
  loops: 11,
  statements: 12,
  /** Four cells of four digits each. */
  fingerprint: 13,
  keys: 17,
} as const;
export const scopeCells = 18;
export const scopeFlags = {
  isAsync: 1,
  isStatic: 2,
  isEmpty: 4,
  onlyLiterals: 8,
  isAccessor: 16,
  isPrivate: 32,
} as const;

export const bindingCell = { scope: 0, name: 1, line: 2, type: 3, value: 4, from: 5, flags: 6 } as const;
export const bindingCells = 7;
/** The lowest two bits. */
export const bindingKindMask = 3;
export const bindingFlags = { isLiteral: 4, isLate: 8 } as const;

export const useCell = { scope: 0, chain: 1, line: 2, strings: 3, arguments: 4, kind: 5 } as const;
export const useCells = 6;
/** In the cell of the kind, above the kind itself. */
export const placeFactor = 8;

export const ignoreCell = { line: 0, text: 1 } as const;
export const ignoreCells = 2;

/** Each list of texts in uses that are no types once, with the line that has it first. */
export const namingCell = { strings: 0, line: 1 } as const;
export const namingCells = 2;

export const languages: readonly Language[] = ["typescript", "javascript", "python"];
export const scopeKinds: readonly ScopeKind[] = ["module", "class", "function", "method", "interface", "constant"];
export const bindingKinds: readonly BindingFact["kind"][] = ["parameter", "variable", "field"];
export const useKinds: readonly UseKind[] = ["call", "reference", "type", "decorator", "dynamic"];
export const usePlaces: readonly UsePlace[] = ["plain", "handler", "flag", "branch"];
