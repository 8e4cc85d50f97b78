import type { PackedFacts } from "../facts/packed-facts.ts";

/** What the files of a program have, by number of a name: in the order of the files, and there in the order it was found. */
export class ByName {
  /** Where that of each name begins; one more for the end of the last. */
  readonly #starts: Int32Array;
  /** Places of the files in the program. */
  readonly #places: Int32Array;
  readonly #values: Int32Array;

  /** `read` tells of a file what belongs to which name. */
  constructor(files: readonly PackedFacts[], nameCount: number, read: (file: PackedFacts, pairs: Pairs) => void) {
    const pairs = new Pairs();
    const ends = Int32Array.from(files, (file) => {
      read(file, pairs);
      return pairs.length;
    });
    const { names, values, length } = pairs;
    const starts = new Int32Array(nameCount + 1);
    for (let at = 0; at < length; at++) {
      const name = names[at] as number;
      starts[name + 1] = (starts[name + 1] as number) + 1;
    }
    for (let name = 0; name < nameCount; name++)
      starts[name + 1] = (starts[name] as number) + (starts[name + 1] as number);
    this.#starts = starts;
    this.#places = new Int32Array(length);
    this.#values = new Int32Array(length);
    const next = starts.slice();
    for (let place = 0, at = 0; place < files.length; place++) {
      for (; at < (ends[place] as number); at++) {
        const name = names[at] as number;
        const to = next[name] as number;
        next[name] = to + 1;
        this.#places[to] = place;
        this.#values[to] = values[at] as number;
      }
    }
  }

  count(name: number): number {
    const end = this.#starts[name + 1];
    return end === undefined ? 0 : end - (this.#starts[name] as number);
  }

  each(name: number, visit: (place: number, value: number) => void): void {
    const end = this.#starts[name + 1] ?? 0;
    for (let at = this.#starts[name] ?? 0; at < end; at++)
      visit(this.#places[at] as number, this.#values[at] as number);
  }
}

/** Names, each with something that whoever put it there understands. */
export class Pairs {
  names = new Int32Array(1 << 17);
  values = new Int32Array(1 << 17);
  length = 0;

  add(name: number, value: number): void {
    if (this.length === this.names.length) {
      const [names, values] = [new Int32Array(this.length * 2), new Int32Array(this.length * 2)];
      names.set(this.names);
      values.set(this.values);
      [this.names, this.values] = [names, values];
    }
    this.names[this.length] = name;
    this.values[this.length] = value;
    this.length += 1;
  }
}
