import { Names, type NamesImage } from "../facts/names.ts";
import { PackedFacts } from "../facts/packed-facts.ts";
import { factsFile } from "./begun.ts";
import { readLater } from "./checked-file.ts";
import { numbersIn, partsOf, writeParts } from "./parts.ts";

/** Beyond this many, what the last run did not ask for is dropped. */
const entriesMax = 20_000;
/** A handful of new facts is read again faster than everything is written. */
const writtenShareMin = 0.01;

/** The cells of facts and the numbers of their names; neither when nobody knows the language of the text. */
interface Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly nameIds: Int32Array<ArrayBuffer>;
}

type Part = Buffer<ArrayBuffer>;

/** What lies behind it: the parts of the names, then each entry. Lengths in bytes. */
interface Index {
  readonly names: readonly number[];
  readonly wide: readonly number[];
  readonly entries: readonly (readonly [key: string, bytes: number, nameIds: number])[];
}

/** Facts by what they were read from, and all their names, in one file that is read in one go and used as it lies there. */
export class FactsCache {
  readonly #path: string;
  readonly #title: string;
  readonly #entries = new Map<string, Entry>();
  readonly #asked = new Set<string>();
  #names = new Names();
  #id: string | undefined;
  #newBytes = 0;

  private constructor(folder: string, version: string) {
    this.#path = factsFile(folder);
    this.#title = `facts ${version}`;
  }

  /** `content`: of the file in the folder, for who has begun to read it. */
  static async open(folder: string, version: string, content = readLater(factsFile(folder))): Promise<FactsCache> {
    const cache = new FactsCache(folder, version);
    const found = await content;
    if (found !== undefined) cache.#read(found);
    return cache;
  }

  /** Those of all facts in here; others after `save`. */
  get names(): Names {
    return this.#names;
  }

  /** Of the file as it was read or written last: with the same id, names have the same numbers. */
  get id(): string | undefined {
    return this.#id;
  }

  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  has(key: string): boolean {
    this.#asked.add(key);
    return this.#entries.has(key);
  }

  /** The facts of a file whose text has this key, if there are any of such a text. */
  get(key: string, path: string): PackedFacts | undefined {
    this.#asked.add(key);
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.bytes.length === 0) return undefined;
    return new PackedFacts(path, entry.bytes, this.#names, entry.nameIds);
  }

  /** Keeps what `packFacts` made of a text. */
  set(key: string, packed: Uint8Array<ArrayBuffer>): void {
    this.#asked.add(key);
    const facts = packed.length === 0 ? undefined : new PackedFacts("", packed, this.#names);
    const entry =
      facts === undefined
        ? { bytes: packed, nameIds: new Int32Array(0) }
        : { bytes: facts.bytes, nameIds: facts.nameIds };
    this.#entries.set(key, entry);
    this.#newBytes += key.length + entry.bytes.length;
  }

  /** Writes what changed, if that is worth it, and tells whether it did. */
  save(): boolean {
    if (this.#newBytes === 0) return false;
    const isFull = this.#entries.size > entriesMax;
    const kept = [...this.#entries].filter(([key]) => !isFull || this.#asked.has(key));
    const bytes = kept.reduce((sum, [key, entry]) => sum + key.length + entry.bytes.length, 0);
    if (this.#newBytes < bytes * writtenShareMin) return false;
    this.#newBytes = 0;
    if (isFull) this.#keepOnly(kept);
    const image = this.#names.image();
    const names = [image.bytes, image.starts, image.hashes, image.slots];
    const index: Index = {
      names: names.map(({ byteLength }) => byteLength),
      wide: image.wide,
      entries: Array.from(this.#entries, ([key, entry]) => [key, entry.bytes.length, entry.nameIds.byteLength]),
    };
    const contents = Array.from(this.#entries.values(), ({ bytes: own, nameIds }) => [own, nameIds]);
    this.#id = writeParts(this.#path, this.#title, index, [...names, ...contents.flat()]);
    return true;
  }

  /** Names of what is dropped are dropped as well. */
  #keepOnly(kept: readonly (readonly [key: string, entry: Entry])[]): void {
    const names = new Names();
    this.#entries.clear();
    for (const [key, entry] of kept) this.#entries.set(key, this.#moved(entry, names));
    this.#names = names;
  }

  #moved({ bytes, nameIds }: Entry, names: Names): Entry {
    return { bytes, nameIds: nameIds.map((id) => names.idOf(this.#names.nameOf(id))) };
  }

  #read(content: Buffer<ArrayBuffer>): void {
    const parts = partsOf<Index>(content, this.#title);
    if (parts === undefined) return;
    const { index } = parts;
    const [bytes, starts, hashes, slots] = index.names.map((length) => parts.next(length)) as [Part, Part, Part, Part];
    const image: NamesImage = {
      ...{ bytes, starts: numbersIn(starts), hashes: numbersIn(hashes), slots: numbersIn(slots) },
      wide: index.wide,
    };
    this.#names = Names.of(image);
    this.#id = parts.id;
    for (const [key, length, idsLength] of index.entries)
      this.#entries.set(key, { bytes: parts.next(length), nameIds: numbersIn(parts.next(idsLength)) });
  }
}
