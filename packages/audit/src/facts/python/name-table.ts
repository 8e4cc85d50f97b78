import type { Chain } from "../file-facts.ts";
import { isFlagName } from "./flag-words.ts";
import { keywords } from "./token-kinds.ts";

/** Names that mean something to the readers, right after the keywords, so that their ids are constants. */
const knownNames = [
  "getattr",
  "super",
  "eval",
  "exec",
  "__import__",
  "globals",
  "locals",
  "vars",
  "match",
  "case",
  "type",
  "_",
  "__all__",
  "__name__",
  "TYPE_CHECKING",
  "NotImplementedError",
  "import_module",
] as const;

export type KnownName = (typeof knownNames)[number];

/** The id of a known name, the same in every table. */
export function knownId(name: KnownName): number {
  return keywords.length + knownNames.indexOf(name);
}

const longestSharedSlice = 12;

/**
 * Every name once, with a number for it: comparing names is comparing numbers, and a name met ten thousand times is one
 * string. It lives longer than a file, so it must not hold on to the text a name was cut from.
 */
export class NameTable {
  readonly names: string[] = [];
  readonly #chains: (Chain | undefined)[] = [];
  readonly #isFlag: (boolean | undefined)[] = [];
  #hashes = new Int32Array(1 << 12);
  #slots = new Int32Array(1 << 13);
  #mask = (1 << 13) - 1;

  constructor() {
    for (const name of [...keywords, ...knownNames]) {
      this.idOf(name);
    }
  }

  get size(): number {
    return this.names.length;
  }

  idOf(name: string): number {
    let hash = 0;
    for (let index = 0; index < name.length; index++) {
      hash = nextHash(hash, name.charCodeAt(index));
    }
    return this.intern(name, 0, name.length, hash);
  }

  nameOf(id: number): string {
    return this.names[id] as string;
  }

  /** The chain of that name alone; one array for all who need it. */
  chainOf(id: number): Chain {
    let chain = this.#chains[id];
    if (chain === undefined) {
      chain = [this.nameOf(id)];
      this.#chains[id] = chain;
    }
    return chain;
  }

  isFlag(id: number): boolean {
    let known = this.#isFlag[id];
    if (known === undefined) {
      known = isFlagName(this.nameOf(id));
      this.#isFlag[id] = known;
    }
    return known;
  }

  /** `hash` is `nextHash` over the characters, which the caller has just walked anyway. */
  intern(text: string, start: number, end: number, hash: number): number {
    const length = end - start;
    let slot = (hash ^ (hash >>> 15)) & this.#mask;
    for (;;) {
      const stored = this.#slots[slot] as number;
      if (stored === 0) {
        return this.#add(text, start, end, hash, slot);
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

  #add(text: string, start: number, end: number, hash: number, slot: number): number {
    const id = this.names.length;
    const slice = text.slice(start, end);
    this.names.push(slice.length > longestSharedSlice ? copyOf(slice) : slice);
    this.#chains.push(undefined);
    this.#isFlag.push(undefined);
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

function sameCharacters(name: string, text: string, start: number): boolean {
  for (let index = 0; index < name.length; index++) {
    if (name.charCodeAt(index) !== text.charCodeAt(start + index)) {
      return false;
    }
  }
  return true;
}

/** A string of its own: a slice of a text keeps the whole text alive. */
function copyOf(slice: string): string {
  return Buffer.from(slice, "utf16le").toString("utf16le");
}
