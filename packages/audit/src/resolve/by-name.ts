import type { PackedFacts } from "../facts/packed-facts.ts";
import type { PlaceLists } from "./place-lists.ts";

/** What is kept of an earlier program of which this one has some files, in the same order. */
export interface KeptByName {
  readonly image: PlaceLists;
  readonly moves: Moves;
}

/** Which files of a program are those of an earlier one. */
export interface Moves {
  /** By place in the earlier program: the place in this one, or -1. */
  readonly to: Int32Array;
  /** By place in this program: 1 for those that the earlier one had. */
  readonly isKept: Uint8Array;
}

/** What the files of a program have, by number of a name: in the order of the files, and there in the order it was found. */
export class ByName {
  /** Of all files, or of an earlier program. */
  readonly #image: PlaceLists;
  /** What else there is when the image is of an earlier program, by name: places and values in turns. */
  readonly #more: { readonly moves: Moves; readonly own: ReadonlyMap<number, readonly number[]> } | undefined;

  /** `read` tells of a file what belongs to which name; it is asked about those that are not `kept`. */
  constructor(
    files: readonly PackedFacts[],
    nameCount: number,
    read: (file: PackedFacts, pairs: Pairs) => void,
    kept?: KeptByName,
  ) {
    const pairs = new Pairs();
    const ends = Int32Array.from(files, (file, place) => {
      if (kept?.moves.isKept[place] !== 1) read(file, pairs);
      return pairs.length;
    });
    this.#image = kept?.image ?? sorted(pairs, ends, nameCount);
    this.#more = kept && { moves: kept.moves, own: mapped(pairs, ends) };
  }

  /** Everything, to be kept; only of what was made without something kept. */
  get image(): PlaceLists {
    return this.#image;
  }

  has(name: number): boolean {
    return this.count(name, 1) > 0;
  }

  /** How many a name has, up to `most`. */
  count(name: number, most = Number.POSITIVE_INFINITY): number {
    const { starts, places } = this.#image;
    const end = starts[name + 1] ?? 0;
    const start = Math.min(starts[name] ?? 0, end);
    if (this.#more === undefined) return Math.min(end - start, most);
    const { moves, own } = this.#more;
    let count = (own.get(name)?.length ?? 0) / 2;
    for (let at = start; at < end && count < most; at++)
      if ((moves.to[places[at] as number] as number) >= 0) count += 1;
    return Math.min(count, most);
  }

  each(name: number, visit: (place: number, value: number) => void): void {
    const { starts, places, values } = this.#image;
    const end = starts[name + 1] ?? 0;
    const start = starts[name] ?? 0;
    if (this.#more === undefined) {
      for (let at = start; at < end; at++) visit(places[at] as number, values[at] as number);
      return;
    }
    const { moves } = this.#more;
    const own = this.#more.own.get(name) ?? none;
    let next = 0;
    for (let at = start; at < end; at++) {
      const place = moves.to[places[at] as number] as number;
      if (place < 0) continue;
      for (; next < own.length && (own[next] as number) < place; next += 2)
        visit(own[next] as number, own[next + 1] as number);
      visit(place, values[at] as number);
    }
    for (; next < own.length; next += 2) visit(own[next] as number, own[next + 1] as number);
  }
}

const none: readonly number[] = [];

function mapped({ names, values, length }: Pairs, ends: Int32Array): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (let at = 0, place = 0; at < length; at++) {
    while ((ends[place] as number) <= at) place += 1;
    const name = names[at] as number;
    const same = found.get(name);
    if (same === undefined) found.set(name, [place, values[at] as number]);
    else same.push(place, values[at] as number);
  }
  return found;
}

/** `ends`: how many pairs there are up to the end of each file. */
function sorted({ names, values, length }: Pairs, ends: Int32Array, nameCount: number): PlaceLists {
  const starts = new Int32Array(nameCount + 1);
  for (let at = 0; at < length; at++) {
    const name = names[at] as number;
    starts[name + 1] = (starts[name + 1] as number) + 1;
  }
  for (let name = 0; name < nameCount; name++)
    starts[name + 1] = (starts[name] as number) + (starts[name + 1] as number);
  const image = { starts, places: new Int32Array(length), values: new Int32Array(length) };
  const next = starts.slice();
  for (let place = 0, at = 0; place < ends.length; place++) {
    for (; at < (ends[place] as number); at++) {
      const name = names[at] as number;
      const to = next[name] as number;
      next[name] = to + 1;
      image.places[to] = place;
      image.values[to] = values[at] as number;
    }
  }
  return image;
}

/** Names, each with something that whoever put it there understands. */
export class Pairs {
  names = new Int32Array(1 << 12);
  values = new Int32Array(1 << 12);
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
