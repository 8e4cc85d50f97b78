import type { Names } from "../facts/names.ts";
import type { ByName } from "./by-name.ts";

/** The names that definitions of a program have, as one text in lower case: a word is found in all of them at once. */
export class DefinedNames {
  readonly #text: string;
  readonly #ids: readonly number[];
  /** Where each of `#ids` begins in the text. */
  readonly #starts: readonly number[];

  constructor(names: Names, definitions: ByName) {
    const ids: number[] = [];
    for (let id = 0; id < names.size; id++) if (definitions.count(id) > 0) ids.push(id);
    const lower = ids.map((id) => names.nameOf(id).toLowerCase());
    this.#text = lower.join("\n");
    this.#ids = ids;
    let next = 0;
    this.#starts = lower.map(({ length }) => {
      const start = next;
      next += length + 1;
      return start;
    });
  }

  /** Numbers of the names that have a word in lower case anywhere in them. */
  having(word: string): readonly number[] {
    const found: number[] = [];
    for (let at = this.#text.indexOf(word), place = 0; at >= 0; ) {
      while (place + 1 < this.#starts.length && (this.#starts[place + 1] as number) <= at) place += 1;
      found.push(this.#ids[place] as number);
      // On to the next name.
      const next = this.#starts[place + 1];
      at = next === undefined ? -1 : this.#text.indexOf(word, next);
    }
    return found;
  }
}
