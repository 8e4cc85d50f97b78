/**
 * Randomness that a seed decides. Every part of a world draws from a stream of its own, named by what it is for, so that
 * taking one part out of a plan changes the luck of no other.
 */
export class Random {
  readonly #name: string;
  #a = 0x9e3779b9;
  #b = 0x243f6a88;
  #c = 0xb7e15162;
  #counter: number;

  constructor(name: string) {
    this.#name = name;
    this.#counter = hashOf(name);
    for (let round = 0; round < 12; round += 1) this.#next();
  }

  /** The stream for one purpose; the same purpose always begins the same. */
  stream(purpose: string): Random {
    return new Random(`${this.#name}/${purpose}`);
  }

  /** From 0 to below 1. */
  unit(): number {
    return this.#next() / 0x1_0000_0000;
  }

  /** A whole number, both ends included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.unit() * (to - from + 1));
  }

  between(from: number, to: number): number {
    return from + this.unit() * (to - from);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.integer(0, items.length - 1)] as Item;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let index = 0; index < count; index += 1) bytes[index] = this.#next() & 0xff;
    return bytes;
  }

  /** sfc32: small, quick, and good enough for schedules. */
  #next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    this.#counter = (this.#counter + 1) | 0;
    return result >>> 0;
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
