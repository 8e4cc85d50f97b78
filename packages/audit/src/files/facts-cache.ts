import { join } from "node:path";
import { Names, type NamesImage } from "../facts/names.ts";
import { PackedFacts } from "../facts/packed-facts.ts";
import { readCheckedFile, writeCheckedFile } from "./checked-file.ts";

/** Beyond this many, what the last run did not ask for is dropped. */
const entriesMax = 20_000;
/** A handful of new facts is read again faster than everything is written. */
const writtenShareMin = 0.01;
const alignment = 4;

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
  #newBytes = 0;

  constructor(folder: string, version: string) {
    this.#path = join(folder, "facts.bin");
    this.#title = `facts ${version}`;
    this.#read();
  }

  /** Those of all facts in here. */
  get names(): Names {
    return this.#names;
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

  /** Writes what changed, if that is worth it. */
  save(): void {
    if (this.#newBytes === 0) return;
    const isFull = this.#entries.size > entriesMax;
    const kept = [...this.#entries].filter(([key]) => !isFull || this.#asked.has(key));
    const bytes = kept.reduce((sum, [key, entry]) => sum + key.length + entry.bytes.length, 0);
    if (this.#newBytes < bytes * writtenShareMin) return;
    this.#newBytes = 0;
    // Names of what is dropped are dropped as well.
    const names = isFull ? new Names() : this.#names;
    const entries = isFull ? kept.map(([key, entry]) => [key, this.#moved(entry, names)] as const) : kept;
    const image = names.image();
    const parts = [image.bytes, image.starts, image.hashes, image.slots].map(bytesOf);
    const index: Index = {
      names: parts.map(({ length }) => length),
      wide: image.wide,
      entries: entries.map(([key, entry]) => [key, entry.bytes.length, entry.nameIds.byteLength]),
    };
    const text = JSON.stringify(index);
    const padded = Buffer.from(text.padEnd(aligned(text.length + 1) - 1).concat("\n"), "latin1");
    const contents = entries.flatMap(([, { bytes, nameIds }]) => [bytes, bytesOf(nameIds)]);
    writeCheckedFile(this.#path, this.#title, [padded, ...parts, ...contents].flatMap(padding));
  }

  #moved({ bytes, nameIds }: Entry, names: Names): Entry {
    return { bytes, nameIds: nameIds.map((id) => names.idOf(this.#names.nameOf(id))) };
  }

  #read(): void {
    const body = readCheckedFile(this.#path, this.#title);
    if (body === undefined) return;
    let at = body.indexOf("\n") + 1;
    const index = JSON.parse(body.toString("latin1", 0, at)) as Index;
    const next = (length: number): Part => {
      const part = body.subarray(at, at + length);
      at += aligned(length);
      return part;
    };
    const [bytes, starts, hashes, slots] = index.names.map(next) as [Part, Part, Part, Part];
    const image: NamesImage = {
      ...{ bytes, starts: numbersIn(starts), hashes: numbersIn(hashes), slots: numbersIn(slots) },
      wide: index.wide,
    };
    this.#names = Names.of(image);
    for (const [key, length, idsLength] of index.entries) {
      this.#entries.set(key, { bytes: next(length), nameIds: numbersIn(next(idsLength)) });
    }
  }
}

function aligned(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}

/** A part, and what is between it and the next. */
function padding(part: Uint8Array): readonly Uint8Array[] {
  const rest = aligned(part.length) - part.length;
  return rest === 0 ? [part] : [part, new Uint8Array(rest)];
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function numbersIn({ buffer, byteOffset, byteLength }: Uint8Array): Int32Array<ArrayBuffer> {
  return new Int32Array(buffer as ArrayBuffer, byteOffset, byteLength / Int32Array.BYTES_PER_ELEMENT);
}
