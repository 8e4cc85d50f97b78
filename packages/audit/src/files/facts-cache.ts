import { join } from "node:path";
import { readCheckedFile, writeCheckedFile } from "./checked-file.ts";

/** Beyond this many, what the last run did not ask for is dropped. */
const entriesMax = 20_000;
/** A handful of new facts is read again faster than everything is written. */
const writtenShareMin = 0.01;

/** Packed facts by what they were read from, in one file that is read in one go. */
export class FactsCache {
  readonly #path: string;
  readonly #title: string;
  readonly #entries: Map<string, Uint8Array<ArrayBuffer>>;
  readonly #asked = new Set<string>();
  #newBytes = 0;

  constructor(folder: string, version: string) {
    this.#path = join(folder, "facts.bin");
    this.#title = `facts ${version}`;
    this.#entries = this.#read();
  }

  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  get(key: string): Uint8Array<ArrayBuffer> | undefined {
    this.#asked.add(key);
    return this.#entries.get(key);
  }

  set(key: string, facts: Uint8Array<ArrayBuffer>): void {
    this.#asked.add(key);
    this.#entries.set(key, facts);
    this.#newBytes += key.length + facts.length;
  }

  /** Writes what changed, if that is worth it. */
  save(): void {
    if (this.#newBytes === 0) return;
    const isFull = this.#entries.size > entriesMax;
    const kept = [...this.#entries].filter(([key]) => !isFull || this.#asked.has(key));
    const bytes = kept.reduce((sum, [key, facts]) => sum + key.length + facts.length, 0);
    if (this.#newBytes < bytes * writtenShareMin) return;
    this.#newBytes = 0;
    const index = JSON.stringify(kept.map(([key, facts]) => [key, facts.length]));
    // The facts start at a multiple of four.
    const padded = Buffer.from(index.padEnd(Math.ceil(index.length / 4) * 4 + 3).concat("\n"), "latin1");
    writeCheckedFile(this.#path, this.#title, [padded, ...kept.map(([, facts]) => facts)]);
  }

  #read(): Map<string, Uint8Array<ArrayBuffer>> {
    const body = readCheckedFile(this.#path, this.#title);
    if (body === undefined) return new Map();
    let at = body.indexOf("\n") + 1;
    const index = JSON.parse(body.toString("latin1", 0, at)) as readonly (readonly [string, number])[];
    const entries = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const [key, length] of index) {
      entries.set(key, body.subarray(at, at + length));
      at += length;
    }
    return entries;
  }
}
