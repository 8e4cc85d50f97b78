const firstSlots = 1 << 13;
const latinMax = 0xff;

/** Characters of names, in one byte each or in two. */
export type Characters = Uint8Array | Uint16Array;

/** Names as they lie in memory, so that they can be kept and used again without looking at one of them. */
export interface NamesImage {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly starts: Int32Array<ArrayBuffer>;
  readonly hashes: Int32Array<ArrayBuffer>;
  readonly slots: Int32Array<ArrayBuffer>;
  readonly wide: readonly number[];
}

/**
 * Names, each once, with a number for it, from 0 on: comparing names is comparing numbers, and a name met ten thousand times is one
 * string, which is made when somebody asks for it.
 */
export class Names {
  /** The names of an image that is used up: what is added is written into its parts. */
  static of({ bytes, starts, hashes, slots, wide }: NamesImage): Names {
    const names = new Names();
    names.#bytes = bytes;
    [names.#starts, names.#hashes, names.#slots] = [starts, hashes, slots];
    names.#size = hashes.length;
    for (const id of wide) names.#wide.add(id);
    return names;
  }

  /** Everything there is, for `Names.of`; good until the next name is added. */
  image(): NamesImage {
    const size = this.#size;
    return {
      bytes: this.#bytes.subarray(0, this.#starts[size]),
      starts: this.#starts.subarray(0, size + 1),
      hashes: this.#hashes.subarray(0, size),
      slots: this.#slots,
      wide: [...this.#wide],
    };
  }

  /** One byte for each character, two for those of names that need them. */
  #bytes = Buffer.alloc(firstSlots * 8);
  /** Where the bytes of each name begin; one more for the end of the last. */
  #starts = new Int32Array(firstSlots / 2 + 1);
  #hashes = new Int32Array(firstSlots / 2);
  #slots = new Int32Array(firstSlots);
  #size = 0;
  /** Names beyond Latin-1. */
  readonly #wide = new Set<number>();
  /** The bytes of so many names as one text in lower case. */
  #lower: { readonly size: number; readonly text: string } | undefined;
  readonly #strings: (string | undefined)[] = [];

  /** Every number of a name is below it. */
  get size(): number {
    return this.#size;
  }

  /** The number of the name that these characters are, which is new if nobody has had it. */
  add(characters: Characters, start: number, end: number): number {
    return this.intern(characters, start, end, hashOf(characters, start, end));
  }

  /** The same for who knows the `nextHash` over the characters. */
  intern(characters: Characters, start: number, end: number, hash: number): number {
    const slot = this.#slotOf(characters, start, end, hash);
    const known = this.#slots[slot] as number;
    return known === 0 ? this.#append(characters, start, end, hash, slot) : known - 1;
  }

  idOf(name: string): number {
    return this.add(charactersOf(name), 0, name.length);
  }

  /** Undefined when nobody has had the name. */
  find(name: string): number | undefined {
    const characters = charactersOf(name);
    const hash = hashOf(characters, 0, name.length);
    const known = this.#slots[this.#slotOf(characters, 0, name.length, hash)] as number;
    return known === 0 ? undefined : known - 1;
  }

  /** Numbers of the names that have a word of lower case ASCII anywhere in them, in whatever case. */
  having(word: string): readonly number[] {
    if (this.#lower?.size !== this.#size) {
      // Of one byte each, so that every character stays where it is.
      const text = this.#bytes.toString("latin1", 0, this.#starts[this.#size]).toLowerCase();
      this.#lower = { size: this.#size, text };
    }
    const { text } = this.#lower;
    const found: number[] = [];
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at)) {
      const id = this.#idAt(at);
      const end = this.#starts[id + 1] as number;
      const isInside = at + word.length <= end;
      if (isInside && !this.#wide.has(id)) found.push(id);
      // On to the next name; a word does not begin in one and end in another.
      at = isInside ? end : at + 1;
    }
    for (const wide of this.#wide) if (this.nameOf(wide).toLowerCase().includes(word)) found.push(wide);
    return found.sort((left, right) => left - right);
  }

  /** The number of the name that has the byte at a place. */
  #idAt(place: number): number {
    let [low, high] = [0, this.#size];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) <= place) low = middle;
      else high = middle;
    }
    return low;
  }

  nameOf(id: number): string {
    const known = this.#strings[id];
    if (known !== undefined) return known;
    const [start, end] = [this.#starts[id] as number, this.#starts[id + 1] as number];
    const name = this.#bytes.toString(this.#wide.has(id) ? "utf16le" : "latin1", start, end);
    // One more place at a time: an array with a hole becomes a slow one.
    while (this.#strings.length <= id) this.#strings.push(undefined);
    this.#strings[id] = name;
    return name;
  }

  /** The slot of a name, or the free one that it belongs into. */
  #slotOf(characters: Characters, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const id = (slots[slot] as number) - 1;
      if (id < 0 || (this.#hashes[id] === hash && this.#isSame(id, characters, start, end))) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #isSame(id: number, characters: Characters, start: number, end: number): boolean {
    if (this.#wide.has(id)) return isWide(characters) && this.nameOf(id) === stringOf(characters, start, end);
    const from = this.#starts[id] as number;
    if ((this.#starts[id + 1] as number) - from !== end - start) return false;
    const bytes = this.#bytes;
    for (let at = start; at < end; at++) if (bytes[from + at - start] !== characters[at]) return false;
    return true;
  }

  #append(characters: Characters, start: number, end: number, hash: number, slot: number): number {
    const id = this.#size;
    const from = this.#starts[id] as number;
    const wide = isWide(characters) && isBeyondLatin(characters, start, end) ? characters : undefined;
    const to = from + (end - start) * (wide === undefined ? 1 : 2);
    if (to > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(to, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    if (wide !== undefined) {
      this.#wide.add(id);
      this.#bytes.write(stringOf(wide, start, end), from, "utf16le");
    } else {
      for (let at = start; at < end; at++) this.#bytes[from + at - start] = characters[at] as number;
    }
    if (id === this.#hashes.length) {
      [this.#hashes, this.#starts] = [grownBy(this.#hashes, id + 1), grownBy(this.#starts, id + 1)];
    }
    this.#hashes[id] = hash;
    this.#starts[id + 1] = to;
    this.#slots[slot] = id + 1;
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  /** Keeps half of the slots free. */
  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let id = 0; id < this.#size; id++) {
      const hash = this.#hashes[id] as number;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = id + 1;
    }
  }
}

export function nextHash(hash: number, code: number): number {
  return (Math.imul(hash ^ code, 0x01000193) - 0x61c88647) | 0;
}

function hashOf(characters: Characters, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = nextHash(hash, characters[at] as number);
  return hash;
}

function isWide(characters: Characters): characters is Uint16Array {
  return characters.BYTES_PER_ELEMENT === 2;
}

function isBeyondLatin(characters: Uint16Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((characters[at] as number) > latinMax) return true;
  return false;
}

function charactersOf(name: string): Uint16Array {
  const characters = new Uint16Array(name.length);
  for (let at = 0; at < name.length; at++) characters[at] = name.charCodeAt(at);
  return characters;
}

function stringOf({ buffer, byteOffset }: Uint16Array, start: number, end: number): string {
  return Buffer.from(buffer, byteOffset + start * 2, (end - start) * 2).toString("utf16le");
}

function grownBy(numbers: Int32Array, count: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(numbers.length + count);
  grown.set(numbers);
  return grown;
}
