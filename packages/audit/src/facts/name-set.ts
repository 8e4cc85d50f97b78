const firstSlots = 1 << 13;

/**
 * Every name once, with a number for it, from 0 on: comparing names is comparing numbers, and a name met ten thousand
 * times is one string.
 */
export class NameSet {
  readonly names: string[] = [];
  /** What a slice is kept as. */
  readonly #kept: (slice: string) => string;
  #hashes = new Int32Array(firstSlots / 2);
  #slots = new Int32Array(firstSlots);
  #mask = firstSlots - 1;

  constructor(kept: (slice: string) => string = (slice) => slice) {
    this.#kept = kept;
  }

  get size(): number {
    return this.names.length;
  }

  idOf(name: string): number {
    return this.intern(name, 0, name.length, hashOf(name, 0, name.length));
  }

  nameOf(id: number): string {
    return this.names[id] as string;
  }

  /** `hash` is `nextHash` over the characters, which the caller has just walked anyway. */
  intern(text: string, start: number, end: number, hash: number): number {
    const length = end - start;
    let slot = (hash ^ (hash >>> 15)) & this.#mask;
    for (;;) {
      const stored = this.#slots[slot] as number;
      if (stored === 0) {
        return this.#add(text.slice(start, end), hash, slot);
      }
      const id = stored - 1;
      if (this.#hashes[id] === hash) {
        const name = this.names[id] as string;
        if (name.length === length && sameCharacters(name, text, start)) {
          return id;
        }
      }
      slot = (slot + 1) & this.#mask;
    }
  }

  #add(slice: string, hash: number, slot: number): number {
    const id = this.names.length;
    this.names.push(this.#kept(slice));
    if (id === this.#hashes.length) {
      const hashes = new Int32Array(id * 2);
      hashes.set(this.#hashes);
      this.#hashes = hashes;
    }
    this.#hashes[id] = hash;
    this.#slots[slot] = id + 1;
    if (id * 2 > this.#mask) {
      this.#rehash();
    }
    return id;
  }

  #rehash(): void {
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(this.#mask + 1);
    for (let id = 0; id < this.names.length; id++) {
      const hash = this.#hashes[id] as number;
      let slot = (hash ^ (hash >>> 15)) & this.#mask;
      while (this.#slots[slot] !== 0) {
        slot = (slot + 1) & this.#mask;
      }
      this.#slots[slot] = id + 1;
    }
  }
}

export function nextHash(hash: number, code: number): number {
  return (Math.imul(hash ^ code, 0x01000193) - 0x61c88647) | 0;
}

/** `nextHash` over a part of a text. */
function hashOf(text: string, start: number, end: number): number {
  let hash = 0;
  for (let index = start; index < end; index++) {
    hash = nextHash(hash, text.charCodeAt(index));
  }
  return hash;
}

function sameCharacters(name: string, text: string, start: number): boolean {
  for (let index = 0; index < name.length; index++) {
    if (name.charCodeAt(index) !== text.charCodeAt(start + index)) {
      return false;
    }
  }
  return true;
}
