import type {
  BaseFact,
  BindingFact,
  Chain,
  ExportFact,
  FileFacts,
  IgnoreFact,
  ImportFact,
  Language,
  ScopeFact,
  ScopeKind,
  UseFact,
} from "./file-facts.ts";
import { type Characters, Names } from "./names.ts";
import { packFacts } from "./pack-facts.ts";
import {
  bindingCell,
  bindingCells,
  bindingFlags,
  bindingKindMask,
  bindingKinds,
  exportCell,
  exportCells,
  fileFlags,
  header,
  headerCells,
  ignoreCell,
  ignoreCells,
  importCell,
  importCells,
  importFlags,
  languages,
  namingCell,
  namingCells,
  placeFactor,
  preambleBytes,
  scopeCell,
  scopeCells,
  scopeFlags,
  scopeKinds,
  useCell,
  useCells,
  useKinds,
  usePlaces,
} from "./packed-layout.ts";

const none: readonly number[] = [];

/** The facts of a file over what `packFacts` made of them; objects are made when somebody asks for them, and kept. */
export class PackedFacts implements FileFacts {
  readonly path: string;
  /** What it lies over, without the text of its names. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly cells: Uint16Array | Int32Array;
  /** Those of all files of the program, and the number there of each name of this file. */
  readonly names: Names;
  readonly nameIds: Int32Array<ArrayBuffer>;
  readonly nameCount: number;
  readonly listCount: number;
  readonly scopeCount: number;
  readonly bindingCount: number;
  readonly useCount: number;
  readonly importCount: number;
  readonly exportCount: number;
  /** Where the items of each list begin among all items, which begin at `itemsAt`; one more for the end of the last. */
  readonly listsAt: number;
  readonly itemsAt: number;
  /** Cell of the first of each. */
  readonly importsAt: number;
  readonly exportsAt: number;
  readonly scopesAt: number;
  readonly bindingsAt: number;
  readonly usesAt: number;
  readonly #ignoresAt: number;
  readonly #namingsAt: number;
  #chains: Map<number, Chain> | undefined;
  #scopes: (ScopeFact | undefined)[] | undefined;
  #hasAllScopes = false;
  #imports: readonly ImportFact[] | undefined;
  #exports: readonly ExportFact[] | undefined;
  #bindings: readonly BindingFact[] | undefined;
  #uses: readonly UseFact[] | undefined;

  /**
   * `nameIds`: the numbers of its names in `names`, for who has kept them; then the bytes need not have their text. Throws a
   * `RangeError` when `bytes` cannot be what `packFacts` made.
   */
  constructor(path: string, bytes: Uint8Array<ArrayBuffer>, names = new Names(), nameIds?: Int32Array<ArrayBuffer>) {
    this.path = path;
    this.names = names;
    const { buffer, byteOffset } = bytes;
    const [cellBytes, characterBytes = 1, count = 0, characters = 0] = new Int32Array(
      buffer,
      byteOffset,
      preambleBytes / 4,
    );
    const isNarrow = cellBytes === 2;
    const cellsAt = byteOffset + preambleBytes;
    this.cells = isNarrow ? new Uint16Array(buffer, cellsAt, count) : new Int32Array(buffer, cellsAt, count);
    const textAt = cellsAt + count * (isNarrow ? 2 : 4);
    const size = (section: number) => this.cells[section] as number;
    this.nameCount = size(header.names);
    this.listCount = size(header.lists);
    this.importCount = size(header.imports);
    this.exportCount = size(header.exports);
    this.scopeCount = size(header.scopes);
    this.bindingCount = size(header.bindings);
    this.useCount = size(header.uses);
    this.listsAt = headerCells + this.nameCount;
    this.itemsAt = this.listsAt + this.listCount + 1;
    this.importsAt = this.itemsAt + size(header.items);
    this.exportsAt = this.importsAt + this.importCount * importCells;
    this.scopesAt = this.exportsAt + this.exportCount * exportCells;
    this.bindingsAt = this.scopesAt + this.scopeCount * scopeCells;
    this.usesAt = this.bindingsAt + this.bindingCount * bindingCells;
    this.#ignoresAt = this.usesAt + this.useCount * useCells;
    this.#namingsAt = this.#ignoresAt + size(header.ignores) * ignoreCells;
    this.bytes = bytes.subarray(0, textAt - byteOffset);
    const text = () =>
      characterBytes === 1 ? new Uint8Array(buffer, textAt, characters) : new Uint16Array(buffer, textAt, characters);
    this.nameIds = nameIds ?? this.#idsIn(text());
  }

  /** The same facts over these names, packed unless they are already. */
  static of(facts: FileFacts, names: Names): PackedFacts {
    if (facts instanceof PackedFacts && facts.names === names) return facts;
    return new PackedFacts(facts.path, packFacts(facts), names);
  }

  get language(): Language {
    return languages[this.#cell(header.language)] as Language;
  }

  get error(): FileFacts["error"] {
    const message = this.#cell(header.errorMessage);
    return message === 0 ? undefined : { message: this.name(message - 1), line: this.#cell(header.errorLine) };
  }

  get isGenerated(): boolean {
    return this.#hasFlag(fileFlags.isGenerated);
  }

  get onlyImports(): boolean {
    return this.#hasFlag(fileFlags.onlyImports);
  }

  get isProgram(): boolean {
    return this.#hasFlag(fileFlags.isProgram);
  }

  get ignoreCount(): number {
    return this.#cell(header.ignores);
  }

  get imports(): readonly ImportFact[] {
    this.#imports ??= this.#all(this.importCount, (index) => this.#importOf(this.importsAt + index * importCells));
    return this.#imports;
  }

  get exports(): readonly ExportFact[] {
    this.#exports ??= this.#all(this.exportCount, (index) => this.#exportOf(this.exportsAt + index * exportCells));
    return this.#exports;
  }

  get scopes(): readonly ScopeFact[] {
    if (!this.#hasAllScopes) {
      for (let index = 0; index < this.scopeCount; index++) this.scope(index);
      this.#hasAllScopes = true;
    }
    return (this.#scopes ?? []) as readonly ScopeFact[];
  }

  get bindings(): readonly BindingFact[] {
    this.#bindings ??= this.#all(this.bindingCount, (index) => this.#bindingOf(this.bindingsAt + index * bindingCells));
    return this.#bindings;
  }

  get uses(): readonly UseFact[] {
    this.#uses ??= this.#all(this.useCount, (index) => this.use(index));
    return this.#uses;
  }

  get ignores(): readonly IgnoreFact[] {
    return this.#all(this.ignoreCount, (index): IgnoreFact => {
      const at = this.#ignoresAt + index * ignoreCells;
      return { line: this.#cell(at + ignoreCell.line), text: this.name(this.#cell(at + ignoreCell.text)) };
    });
  }

  /** The scope of this index, which has to be there. */
  scope(index: number): ScopeFact {
    this.#scopes ??= new Array<ScopeFact | undefined>(this.scopeCount).fill(undefined);
    const known = this.#scopes[index];
    if (known !== undefined) return known;
    const scope = this.#scopeOf(this.scopesAt + index * scopeCells);
    this.#scopes[index] = scope;
    return scope;
  }

  /** A new object each time. */
  use(index: number): UseFact {
    const at = this.usesAt + index * useCells;
    const kind = this.#cell(at + useCell.kind);
    return {
      kind: this.useKind(index),
      chain: this.chain(this.#cell(at + useCell.chain)),
      scope: this.#cell(at + useCell.scope),
      line: this.#cell(at + useCell.line),
      strings: this.chain(this.#cell(at + useCell.strings)),
      arguments: this.#cell(at + useCell.arguments),
      place: usePlaces[Math.floor(kind / placeFactor)] as UseFact["place"],
    };
  }

  name(id: number): string {
    return this.names.nameOf(this.nameIds[id] as number);
  }

  /** Number of the name of a scope among all names. */
  scopeName(scope: number): number {
    return this.nameIds[this.scopeCell(scope, scopeCell.name)] as number;
  }

  bindingName(binding: number): number {
    return this.nameIds[this.bindingCell(binding, bindingCell.name)] as number;
  }

  /** The name that something is imported under, if it gets one. */
  importLocal(index: number): number | undefined {
    const local = this.importCell(index, importCell.local);
    return local === 0 ? undefined : this.nameIds[local - 1];
  }

  /** The name of what is imported, there. */
  imported(index: number): number {
    return this.nameIds[this.importCell(index, importCell.imported)] as number;
  }

  /** The specifier of an import. */
  importedFrom(index: number): number {
    return this.nameIds[this.importCell(index, importCell.specifier)] as number;
  }

  /** The specifier of an export of something from elsewhere. */
  exportedFrom(index: number): number | undefined {
    const specifier = this.exportCell(index, exportCell.specifier);
    return specifier === 0 ? undefined : this.nameIds[specifier - 1];
  }

  exportName(index: number): number {
    return this.nameIds[this.exportCell(index, exportCell.name)] as number;
  }

  importCell(index: number, cell: number): number {
    return this.#cell(this.importsAt + index * importCells + cell);
  }

  exportCell(index: number, cell: number): number {
    return this.#cell(this.exportsAt + index * exportCells + cell);
  }

  scopeCell(index: number, cell: number): number {
    return this.#cell(this.scopesAt + index * scopeCells + cell);
  }

  /** Of a scope: -1 for the module. */
  parentOf(scope: number): number {
    return this.scopeCell(scope, scopeCell.parent) - 1;
  }

  scopeKind(index: number): ScopeKind {
    return scopeKinds[this.scopeCell(index, scopeCell.kind)] as ScopeKind;
  }

  bindingCell(index: number, cell: number): number {
    return this.#cell(this.bindingsAt + index * bindingCells + cell);
  }

  bindingKind(index: number): BindingFact["kind"] {
    return bindingKinds[this.bindingCell(index, bindingCell.flags) & bindingKindMask] as BindingFact["kind"];
  }

  /** Has it a body that is more than a constant answer? */
  doesSomething(scope: number): boolean {
    const idle = scopeFlags.isEmpty | scopeFlags.onlyLiterals;
    return (this.scopeCell(scope, scopeCell.flags) & idle) === 0 && this.scopeCell(scope, scopeCell.statements) > 0;
  }

  /** Is it read like a field, and what it is read as is its result? */
  isAccessor(scope: number): boolean {
    return (this.scopeCell(scope, scopeCell.flags) & scopeFlags.isAccessor) !== 0;
  }

  isPrivate(scope: number): boolean {
    return (this.scopeCell(scope, scopeCell.flags) & scopeFlags.isPrivate) !== 0;
  }

  isDecorated(scope: number): boolean {
    return this.#hasItems(this.scopeCell(scope, scopeCell.decorators));
  }

  hasKeys(scope: number): boolean {
    return this.#hasItems(this.scopeCell(scope, scopeCell.keys));
  }

  /** Visits the numbers among all names of texts that may name modules, with their lines. */
  eachNamingText(visit: (name: number, line: number) => void): void {
    const end = this.#namingsAt + this.#cell(header.namings) * namingCells;
    for (let at = this.#namingsAt; at < end; at += namingCells) {
      const list = this.#cell(at + namingCell.strings);
      const line = this.#cell(at + namingCell.line);
      for (let item = this.listStart(list); item < this.listStart(list + 1); item++)
        visit(this.nameIds[this.#cell(item)] as number, line);
    }
  }

  /** Numbers of the chains of what a class extends or implements. */
  baseChains(scope: number): readonly number[] {
    const list = this.scopeCell(scope, scopeCell.bases);
    const chains: number[] = [];
    const end = this.listStart(list + 1);
    for (let at = this.listStart(list); at < end; at += 2) chains.push(this.#cell(at));
    return chains;
  }

  /** Number of the last name of a chain among all names; undefined for an empty one. */
  lastName(chain: number): number | undefined {
    const end = this.listStart(chain + 1);
    return end === this.listStart(chain) ? undefined : this.nameIds[this.#cell(end - 1)];
  }

  /** Numbers of the uses of what is only known when it runs. */
  get computedUses(): readonly number[] {
    const count = this.#cell(header.computed);
    if (count === 0) return none;
    const at = this.#namingsAt + this.#cell(header.namings) * namingCells;
    return Array.from(this.cells.subarray(at, at + count));
  }

  useKind(use: number): UseFact["kind"] {
    return useKinds[this.useCell(use, useCell.kind) % placeFactor] as UseFact["kind"];
  }

  useCell(use: number, cell: number): number {
    return this.#cell(this.usesAt + use * useCells + cell);
  }

  /** Cell of the first item of a list; behind the last item is that of the next. */
  listStart(list: number): number {
    return this.itemsAt + this.#cell(this.listsAt + list);
  }

  /** The list of this number as names. */
  chain(list: number): Chain {
    this.#chains ??= new Map();
    const known = this.#chains.get(list);
    if (known !== undefined) return known;
    const chain: string[] = [];
    for (const name of this.#itemsOf(list)) chain.push(this.name(name));
    this.#chains.set(list, chain);
    return chain;
  }

  toJSON(): FileFacts {
    const { path, language, error, isGenerated, onlyImports, isProgram } = this;
    const { imports, exports, scopes, bindings, uses, ignores } = this;
    const flags = { isGenerated, onlyImports, isProgram };
    return { path, language, ...(error && { error }), ...flags, imports, exports, scopes, bindings, uses, ignores };
  }

  #cell(at: number): number {
    return this.cells[at] as number;
  }

  #hasFlag(flag: number): boolean {
    return (this.#cell(header.flags) & flag) !== 0;
  }

  #all<Fact>(count: number, of: (index: number) => Fact): Fact[] {
    const facts: Fact[] = [];
    for (let index = 0; index < count; index++) facts.push(of(index));
    return facts;
  }

  #hasItems(list: number): boolean {
    return this.listStart(list) !== this.listStart(list + 1);
  }

  #itemsOf(list: number): Uint16Array | Int32Array {
    return this.cells.subarray(this.listStart(list), this.listStart(list + 1));
  }

  #idsIn(text: Characters): Int32Array<ArrayBuffer> {
    const ids = new Int32Array(this.nameCount);
    let start = 0;
    for (let id = 0; id < this.nameCount; id++) {
      const end = start + this.#cell(headerCells + id);
      ids[id] = this.names.add(text, start, end);
      start = end;
    }
    return ids;
  }

  /** What is kept as its number plus 1. */
  #nameBehind(at: number): string | undefined {
    const cell = this.#cell(at);
    return cell === 0 ? undefined : this.name(cell - 1);
  }

  #chainBehind(at: number): Chain | undefined {
    const cell = this.#cell(at);
    return cell === 0 ? undefined : this.chain(cell - 1);
  }

  #importOf(at: number): ImportFact {
    const local = this.#nameBehind(at + importCell.local);
    const flags = this.#cell(at + importCell.flags);
    return {
      specifier: this.name(this.#cell(at + importCell.specifier)),
      imported: this.name(this.#cell(at + importCell.imported)),
      ...(local !== undefined && { local }),
      scope: this.#cell(at + importCell.scope),
      line: this.#cell(at + importCell.line),
      isType: (flags & importFlags.isType) !== 0,
      isOptional: (flags & importFlags.isOptional) !== 0,
    };
  }

  #exportOf(at: number): ExportFact {
    const specifier = this.#nameBehind(at + exportCell.specifier);
    const imported = this.#nameBehind(at + exportCell.imported);
    const local = this.#nameBehind(at + exportCell.local);
    return {
      name: this.name(this.#cell(at + exportCell.name)),
      ...(specifier !== undefined && { specifier }),
      ...(imported !== undefined && { imported }),
      ...(local !== undefined && { local }),
      line: this.#cell(at + exportCell.line),
      isType: this.#cell(at + exportCell.isType) !== 0,
    };
  }

  #scopeOf(at: number): ScopeFact {
    const flags = this.#cell(at + scopeCell.flags);
    const result = this.#chainBehind(at + scopeCell.result);
    const resultOf = this.#chainBehind(at + scopeCell.resultOf);
    const digits = (index: number) =>
      this.#cell(at + scopeCell.fingerprint + index)
        .toString(16)
        .padStart(4, "0");
    return {
      kind: scopeKinds[this.#cell(at + scopeCell.kind)] as ScopeFact["kind"],
      name: this.name(this.#cell(at + scopeCell.name)),
      parent: this.#cell(at + scopeCell.parent) - 1,
      line: this.#cell(at + scopeCell.line),
      endLine: this.#cell(at + scopeCell.endLine),
      bases: this.#basesOf(this.#cell(at + scopeCell.bases)),
      decorators: Array.from(this.#itemsOf(this.#cell(at + scopeCell.decorators)), (list) => this.chain(list)),
      parameters: this.chain(this.#cell(at + scopeCell.parameters)),
      isAsync: (flags & scopeFlags.isAsync) !== 0,
      isStatic: (flags & scopeFlags.isStatic) !== 0,
      isAccessor: (flags & scopeFlags.isAccessor) !== 0,
      isPrivate: (flags & scopeFlags.isPrivate) !== 0,
      isEmpty: (flags & scopeFlags.isEmpty) !== 0,
      loops: this.#cell(at + scopeCell.loops),
      statements: this.#cell(at + scopeCell.statements),
      onlyLiterals: (flags & scopeFlags.onlyLiterals) !== 0,
      fingerprint: digits(0) + digits(1) + digits(2) + digits(3),
      keys: this.chain(this.#cell(at + scopeCell.keys)),
      ...(result !== undefined && { result }),
      ...(resultOf !== undefined && { resultOf }),
    };
  }

  #basesOf(list: number): readonly BaseFact[] {
    const items = this.#itemsOf(list);
    const bases: BaseFact[] = [];
    for (let at = 0; at < items.length; at += 2) {
      bases.push({ chain: this.chain(items[at] as number), isInterface: items[at + 1] === 1 });
    }
    return bases;
  }

  #bindingOf(at: number): BindingFact {
    const flags = this.#cell(at + bindingCell.flags);
    const type = this.#chainBehind(at + bindingCell.type);
    const value = this.#chainBehind(at + bindingCell.value);
    const from = this.#cell(at + bindingCell.from);
    return {
      scope: this.#cell(at + bindingCell.scope),
      name: this.name(this.#cell(at + bindingCell.name)),
      kind: bindingKinds[flags & bindingKindMask] as BindingFact["kind"],
      line: this.#cell(at + bindingCell.line),
      ...(type !== undefined && { type }),
      ...(value !== undefined && { value }),
      ...(from !== 0 && { from: from - 1 }),
      isLiteral: (flags & bindingFlags.isLiteral) !== 0,
      isLate: (flags & bindingFlags.isLate) !== 0,
    };
  }
}
