import { CellWriter } from "./cell-writer.ts";
import type { Chain, FileFacts, ScopeFact } from "./file-facts.ts";
import { ListTable } from "./list-table.ts";
import {
  bindingFlags,
  bindingKinds,
  fileFlags,
  headerCells,
  importFlags,
  languages,
  namingCells,
  placeFactor,
  preambleBytes,
  scopeFlags,
  scopeKinds,
  useKinds,
  usePlaces,
} from "./packed-layout.ts";

const narrowMax = 0xffff;

/** What a file says, as `packed-layout.ts` lays it out; the path is no part of it. */
export function packFacts(facts: FileFacts): Uint8Array<ArrayBuffer> {
  return new Packer().pack(facts);
}

const cells = new CellWriter();
const lists = new ListTable();
const namings = new CellWriter();
const computed = new CellWriter();

/** One for each file; what it writes into is kept from file to file. */
class Packer {
  readonly #names = new Map<string, number>();
  readonly #nested: number[] = [];

  pack(facts: FileFacts): Uint8Array<ArrayBuffer> {
    cells.reset();
    lists.reset();
    namings.reset();
    computed.reset();
    this.#imports(facts);
    this.#exports(facts);
    for (const scope of facts.scopes) this.#scope(scope);
    this.#bindings(facts);
    this.#uses(facts);
    for (const { line, text } of facts.ignores) {
      cells.add(line);
      cells.add(this.#name(text));
    }
    const { error } = facts;
    const header = [
      languages.indexOf(facts.language),
      (facts.isGenerated ? fileFlags.isGenerated : 0) +
        (facts.onlyImports ? fileFlags.onlyImports : 0) +
        (facts.isProgram ? fileFlags.isProgram : 0),
      // A name for the message first: it is counted.
      ...this.#counts(facts, error === undefined ? 0 : this.#name(error.message) + 1),
      error?.line ?? 0,
      namings.length / namingCells,
      computed.length,
    ];
    return this.#joined(header);
  }

  #counts({ imports, exports, scopes, bindings, uses, ignores }: FileFacts, errorMessage: number): readonly number[] {
    const sections = [imports, exports, scopes, bindings, uses, ignores].map(({ length }) => length);
    return [this.#names.size, lists.size, lists.items.length, ...sections, errorMessage];
  }

  #joined(header: readonly number[]): Uint8Array<ArrayBuffer> {
    const names = [...this.#names.keys()];
    const text = names.join("");
    const isLatin = isLatinText(text);
    const sections = [lists.starts, lists.items, cells, namings, computed];
    const count = sections.reduce((sum, { length }) => sum + length, headerCells + names.length);
    const longest = names.reduce((most, { length }) => Math.max(most, length), 0);
    const largest = Math.max(...header, longest, ...sections.map((section) => section.largest));
    const isNarrow = largest <= narrowMax;
    const [cellBytes, characterBytes] = [isNarrow ? 2 : 4, isLatin ? 1 : 2];
    const cellsEnd = preambleBytes + count * cellBytes;
    // A multiple of four, so that one can lie behind the other.
    const bytes = new Uint8Array(Math.ceil((cellsEnd + text.length * characterBytes) / 4) * 4);
    new Int32Array(bytes.buffer, 0, preambleBytes / 4).set([cellBytes, characterBytes, count, text.length]);
    const target = isNarrow
      ? new Uint16Array(bytes.buffer, preambleBytes, count)
      : new Int32Array(bytes.buffer, preambleBytes, count);
    target.set(header);
    let at = header.length;
    for (const { length } of names) target[at++] = length;
    for (const writer of sections) {
      target.set(writer.cells.subarray(0, writer.length), at);
      at += writer.length;
    }
    Buffer.from(bytes.buffer).write(text, cellsEnd, isLatin ? "latin1" : "utf16le");
    return bytes;
  }

  #imports({ imports }: FileFacts): void {
    for (const { specifier, imported, local, scope, line, isType, isOptional } of imports) {
      cells.add(this.#name(specifier));
      cells.add(this.#name(imported));
      cells.add(this.#optional(local));
      cells.add(scope);
      cells.add(line);
      cells.add((isType ? importFlags.isType : 0) + (isOptional ? importFlags.isOptional : 0));
    }
  }

  #exports({ exports }: FileFacts): void {
    for (const { name, specifier, imported, local, line, isType } of exports) {
      cells.add(this.#name(name));
      cells.add(this.#optional(specifier));
      cells.add(this.#optional(imported));
      cells.add(this.#optional(local));
      cells.add(line);
      cells.add(isType ? 1 : 0);
    }
  }

  #scope(scope: ScopeFact): void {
    cells.add(scopeKinds.indexOf(scope.kind));
    cells.add(this.#name(scope.name));
    cells.add(scope.parent + 1);
    cells.add(scope.line);
    cells.add(scope.endLine);
    const nested = this.#nested;
    nested.length = 0;
    for (const { chain, isInterface } of scope.bases) nested.push(this.#chain(chain), isInterface ? 1 : 0);
    cells.add(this.#list(nested));
    nested.length = 0;
    for (const decorator of scope.decorators) nested.push(this.#chain(decorator));
    cells.add(this.#list(nested));
    cells.add(this.#chain(scope.parameters));
    cells.add(scope.result === undefined ? 0 : this.#chain(scope.result) + 1);
    cells.add(scope.resultOf === undefined ? 0 : this.#chain(scope.resultOf) + 1);
    cells.add(
      (scope.isAsync ? scopeFlags.isAsync : 0) +
        (scope.isStatic ? scopeFlags.isStatic : 0) +
        (scope.isEmpty ? scopeFlags.isEmpty : 0) +
        (scope.onlyLiterals ? scopeFlags.onlyLiterals : 0) +
        (scope.isAccessor ? scopeFlags.isAccessor : 0) +
        (scope.isPrivate ? scopeFlags.isPrivate : 0),
    );
    cells.add(scope.loops);
    cells.add(scope.statements);
    for (let at = 0; at < 16; at += 4) cells.add(fourDigits(scope.fingerprint, at));
    cells.add(this.#chain(scope.keys));
  }

  #bindings({ bindings }: FileFacts): void {
    for (const { scope, name, kind, line, type, value, from, isLiteral, isLate } of bindings) {
      cells.add(scope);
      cells.add(this.#name(name));
      cells.add(line);
      cells.add(type === undefined ? 0 : this.#chain(type) + 1);
      cells.add(value === undefined ? 0 : this.#chain(value) + 1);
      cells.add(from === undefined ? 0 : from + 1);
      cells.add(
        bindingKinds.indexOf(kind) + (isLiteral ? bindingFlags.isLiteral : 0) + (isLate ? bindingFlags.isLate : 0),
      );
    }
  }

  #uses({ uses }: FileFacts): void {
    const isNaming = new Set<number>();
    for (const [index, use] of uses.entries()) {
      const strings = this.#chain(use.strings);
      cells.add(use.scope);
      cells.add(this.#chain(use.chain));
      cells.add(use.line);
      cells.add(strings);
      cells.add(use.arguments);
      cells.add(useKinds.indexOf(use.kind) + usePlaces.indexOf(use.place) * placeFactor);
      if (use.kind === "dynamic") computed.add(index);
      if (use.strings.length === 0 || use.kind === "type" || isNaming.has(strings)) continue;
      isNaming.add(strings);
      namings.add(strings);
      namings.add(use.line);
    }
  }

  #name(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const id = this.#names.size;
    this.#names.set(name, id);
    return id;
  }

  /** Plus 1; 0 for none. */
  #optional(name: string | undefined): number {
    return name === undefined ? 0 : this.#name(name) + 1;
  }

  #chain(chain: Chain): number {
    const start = lists.items.length;
    for (const name of chain) lists.items.add(this.#name(name));
    return lists.intern(start);
  }

  #list(items: readonly number[]): number {
    const start = lists.items.length;
    for (const item of items) lists.items.add(item);
    return lists.intern(start);
  }
}

/** Of a hexadecimal number. */
function fourDigits(text: string, start: number): number {
  let value = 0;
  for (let at = start; at < start + 4; at++) {
    const code = text.charCodeAt(at);
    value = value * 16 + (code <= 0x39 ? code - 0x30 : code - 0x57);
  }
  return value;
}

function isLatinText(text: string): boolean {
  return !/[^\0-\xff]/.test(text);
}
