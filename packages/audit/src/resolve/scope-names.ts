import type { PackedFacts } from "../facts/packed-facts.ts";
import { bindingCell, importCell, scopeCell, scopeFlags } from "../facts/packed-layout.ts";

/** What is kept of each name of a scope, as its number plus 1; 0 means none. */
const cell = { scope: 0, name: 1, child: 2, binding: 3, import: 4 } as const;
const cells = 5;

/** What a scope of a file calls something: each name once, with the definition, the binding and the import that it is of. */
export class ScopeNames {
  /** Places of names, found by hash, plus 1; then cells of each place; then the binding after each binding. */
  readonly #numbers: Int32Array;
  readonly #mask: number;
  readonly #bindingsAt: number;
  #size = 0;

  constructor(facts: PackedFacts) {
    const { scopeCount, bindingCount, importCount } = facts;
    const most = scopeCount + bindingCount + importCount;
    let slots = 4;
    while (slots < most * 2) slots *= 2;
    this.#mask = slots - 1;
    this.#bindingsAt = slots + most * cells;
    this.#numbers = zeros(this.#bindingsAt + bindingCount);
    const numbers = this.#numbers;
    for (let scope = 1; scope < scopeCount; scope++) {
      const at = this.#add(facts.parentOf(scope), facts.scopeName(scope)) + cell.child;
      const before = numbers[at] as number;
      if (before === 0 || isOnlyDeclared(facts, before - 1)) numbers[at] = scope + 1;
    }
    // From the end, so that what is found is the first, and leads to the next.
    for (let binding = bindingCount - 1; binding >= 0; binding--) {
      const at = this.#add(facts.bindingCell(binding, bindingCell.scope), facts.bindingName(binding)) + cell.binding;
      numbers[this.#bindingsAt + binding] = numbers[at] as number;
      numbers[at] = binding + 1;
    }
    for (let index = importCount - 1; index >= 0; index--) {
      const local = facts.importLocal(index);
      if (local === undefined) continue;
      numbers[this.#add(facts.importCell(index, importCell.scope), local) + cell.import] = index + 1;
    }
  }

  /** What a scope has under a name, for the following; -1 when that is nothing. */
  find(scope: number, name: number): number {
    const place = this.#numbers[this.#slotOf(scope, name)] as number;
    return place === 0 ? -1 : this.#cellsOf(place);
  }

  /** The definition of the name directly inside of the scope; -1 for none. */
  child(found: number): number {
    return (this.#numbers[found + cell.child] as number) - 1;
  }

  /** The first binding of the name in the scope; -1 for none. */
  binding(found: number): number {
    return (this.#numbers[found + cell.binding] as number) - 1;
  }

  /** Another binding of the same name in the same scope; -1 after the last. */
  nextBinding(binding: number): number {
    return (this.#numbers[this.#bindingsAt + binding] as number) - 1;
  }

  /** The import that binds the name in the scope; -1 for none. */
  import(found: number): number {
    return (this.#numbers[found + cell.import] as number) - 1;
  }

  /** Where the cells of a name begin, which is new if nobody has had it in this scope. */
  #add(scope: number, name: number): number {
    const slot = this.#slotOf(scope, name);
    const known = this.#numbers[slot] as number;
    if (known !== 0) return this.#cellsOf(known);
    this.#size += 1;
    this.#numbers[slot] = this.#size;
    const at = this.#cellsOf(this.#size);
    this.#numbers[at + cell.scope] = scope;
    this.#numbers[at + cell.name] = name;
    return at;
  }

  #cellsOf(place: number): number {
    return this.#mask + 1 + (place - 1) * cells;
  }

  #slotOf(scope: number, name: number): number {
    const hash = Math.imul(name, 0x9e3779b1) ^ Math.imul(scope, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & this.#mask;
    for (;;) {
      const place = this.#numbers[slot] as number;
      if (place === 0) return slot;
      const at = this.#cellsOf(place);
      if (this.#numbers[at + cell.name] === name && this.#numbers[at + cell.scope] === scope) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}

const blockLength = 1 << 18;
let block = new Int32Array(0);
let used = 0;

/** Part of a larger array: there are many files, and what is outside of the heap costs more to make and to give back. */
function zeros(length: number): Int32Array {
  if (length > blockLength / 4) return new Int32Array(length);
  if (used + length > block.length) [block, used] = [new Int32Array(blockLength), 0];
  used += length;
  return block.subarray(used - length, used);
}

/** Of overloads and later definitions the one with a body counts: may another one take the place of this? */
export function isOnlyDeclared(facts: PackedFacts, scope: number): boolean {
  return (facts.scopeCell(scope, scopeCell.flags) & scopeFlags.isEmpty) !== 0;
}
