import { CellWriter } from "./cell-writer.ts";
import { nextHash } from "./names.ts";

const firstSlots = 1 << 11;

/** Every list of numbers once, with a number for it. */
export class ListTable {
  /** All lists behind each other, and where each begins; the last number is where the next would. */
  readonly items = new CellWriter();
  readonly starts = new CellWriter();
  #hashes = new Int32Array(1 << 10);
  #slots = new Int32Array(firstSlots);
  /** Of the slots only those up to it are in use: one file with many lists must not make all that follow slow. */
  #mask = firstSlots - 1;

  reset(): void {
    this.items.reset();
    this.starts.reset();
    this.starts.add(0);
    this.#slots.fill(0, 0, this.#mask + 1);
    this.#mask = firstSlots - 1;
  }

  get size(): number {
    return this.starts.length - 1;
  }

  /** The number of the list that `items` ends with, from `start` on; a list known before is taken off again. */
  intern(start: number): number {
    const { items } = this;
    const length = items.length - start;
    let hash = length;
    for (let at = start; at < items.length; at++) hash = nextHash(hash, items.cells[at] as number);
    let slot = (hash ^ (hash >>> 15)) & this.#mask;
    for (;;) {
      const id = (this.#slots[slot] as number) - 1;
      if (id < 0) return this.#add(hash, slot);
      if (this.#hashes[id] === hash && this.#isSame(id, start, length)) {
        items.length = start;
        return id;
      }
      slot = (slot + 1) & this.#mask;
    }
  }

  #isSame(id: number, start: number, length: number): boolean {
    const known = this.starts.cells[id] as number;
    if ((this.starts.cells[id + 1] as number) - known !== length) return false;
    const { cells } = this.items;
    for (let at = 0; at < length; at++) if (cells[known + at] !== cells[start + at]) return false;
    return true;
  }

  #add(hash: number, slot: number): number {
    const id = this.size;
    if (id === this.#hashes.length) this.#grow();
    this.#hashes[id] = hash;
    this.starts.add(this.items.length);
    this.#slots[slot] = id + 1;
    this.#rehash(id + 1);
    return id;
  }

  #grow(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }

  /** Keeps half of the slots free. */
  #rehash(count: number): void {
    if (count * 2 <= this.#mask + 1) return;
    const mask = this.#mask * 2 + 1;
    if (mask < this.#slots.length) this.#slots.fill(0, 0, mask + 1);
    else this.#slots = new Int32Array(mask + 1);
    this.#mask = mask;
    for (let id = 0; id < count; id++) {
      const hash = this.#hashes[id] as number;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = id + 1;
    }
  }
}
