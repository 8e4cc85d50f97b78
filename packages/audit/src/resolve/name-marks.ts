import type { PackedFacts } from "../facts/packed-facts.ts";
import { nameHash } from "../facts/packed-layout.ts";

/** A growing set of names, and which names of a file are in it: told by hashes first, because most files have none of them. */
export class NameMarks {
  readonly names = new Set<string>();
  readonly #marks = new Uint8Array(1 << 16);

  constructor(names: Iterable<string> = []) {
    for (const name of names) this.add(name);
  }

  add(name: string): void {
    this.names.add(name);
    this.#marks[nameHash(name)] = 1;
  }

  /** Numbers of the names of a file that are in the set, from small to large. */
  idsIn(file: PackedFacts): readonly number[] {
    const ids: number[] = [];
    for (let id = 0; id < file.nameCount; id++) if (this.has(file, id)) ids.push(id);
    return ids;
  }

  has(file: PackedFacts, id: number): boolean {
    return this.#marks[file.hashOf(id)] === 1 && this.names.has(file.name(id));
  }
}
