import type { PackedFacts } from "../facts/packed-facts.ts";
import { nameHash } from "../facts/packed-layout.ts";

const hashes = 1 << 16;

/** Which files of a program may have a name, by the hashes that each file keeps of its names. */
export class NameIndex {
  readonly #files: readonly PackedFacts[];
  /** Where the files of each hash begin in `#places`; one more for the end of the last. */
  readonly #starts = new Int32Array(hashes + 1);
  /** Places in `#files`, from small to large for each hash. */
  readonly #places: Int32Array;

  constructor(files: readonly PackedFacts[]) {
    this.#files = files;
    for (const file of files) {
      for (let id = 0; id < file.nameCount; id++)
        this.#starts[file.hashOf(id) + 1] = this.#startOf(file.hashOf(id) + 1) + 1;
    }
    for (let hash = 0; hash < hashes; hash++) {
      this.#starts[hash + 1] = this.#startOf(hash) + this.#startOf(hash + 1);
    }
    this.#places = new Int32Array(this.#startOf(hashes));
    const next = this.#starts.slice();
    files.forEach((file, place) => {
      for (let id = 0; id < file.nameCount; id++) {
        const hash = file.hashOf(id);
        this.#places[next[hash] as number] = place;
        next[hash] = (next[hash] as number) + 1;
      }
    });
  }

  /** In the order of the program, each once; some only have a name of the same hash. */
  filesWith(names: Iterable<string>): readonly PackedFacts[] {
    const places = new Set<number>();
    for (const name of names) {
      const hash = nameHash(name);
      for (let at = this.#startOf(hash); at < this.#startOf(hash + 1); at++) places.add(this.#places[at] as number);
    }
    return [...places].sort((left, right) => left - right).map((place) => this.#files[place] as PackedFacts);
  }

  #startOf(hash: number): number {
    return this.#starts[hash] as number;
  }
}
