import { CellWriter } from "./cell-writer.ts";
import { nextHash } from "./names.ts";

const firstSlots = 1 << 11;

/** Every list of numbers once, with a number for it. */
export class ListTable {
  /** All lists behind each other, and how long each is. */
  readonly items = new CellWriter();
  readonly lengths = new CellWriter();
  #starts = new Int32Array(1 << 10);
  #hashes = new Int32Array(1 << 10);
  #slots = new Int32Array(firstSlots);
  /** Of the slots only those up to it are in use: one file with many lists must not make all that follow slow. */
  #mask = firstSlots - 1;

  reset(): void {
    this.items.reset();
    this.lengths.reset();
    this.#slots.fill(0, 0, this.#mask + 1);
    this.#mask = firstSlots - 1;
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
      if (id < 0) return this.#add(start, length, hash, slot);
      if (
        this.#hashes[id] === hash &&
        this.lengths.cells[id] === length &&
        this.#isSame(this.#starts[id] as number, start)
      ) {
        items.length = start;
        return id;
      }
      slot = (slot + 1) & this.#mask;
    }
  }

  #isSame(known: number, start: number): boolean {
    const { cells, length } = this.items;
    for (let at = start; at < length; at++) if (cells[known + at - start] !== cells[at]) return false;
    return true;
  }

  #add(start: number, length: number, hash: number, slot: number): number {
    const id = this.lengths.length;
    if (id === this.#starts.length) this.#grow();
    this.#starts[id] = start;
    this.#hashes[id] = hash;
    this.lengths.add(length);
    this.#slots[slot] = id + 1;
    this.#rehash(id + 1);
    return id;
  }

  #grow(): void {
    const [starts, hashes] = [new Int32Array(this.#starts.length * 2), new Int32Array(this.#starts.length * 2)];
    starts.set(this.#starts);
    hashes.set(this.#hashes);
    [this.#starts, this.#hashes] = [starts, hashes];
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
