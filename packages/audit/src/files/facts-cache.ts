import { hash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Beyond this many, what the last run did not ask for is dropped. */
const maximumEntries = 20_000;
const shardDigits = "0123456789abcdef";

/**
 * Facts as JSON by a key of hex digits, in a few files of one entry a line. A file starts with the version of the reader
 * and a checksum; when either is not what it should be, the file counts as empty and is written anew.
 */
export class FactsCache {
  readonly #folder: string;
  readonly #version: string;
  readonly #shards = new Map<string, Map<string, string>>();
  readonly #changed = new Set<string>();
  readonly #asked = new Set<string>();

  constructor(folder: string, version: string) {
    this.#folder = folder;
    this.#version = version;
  }

  get(key: string): string | undefined {
    this.#asked.add(key);
    return this.#shardOf(key).get(key);
  }

  set(key: string, json: string): void {
    this.#asked.add(key);
    this.#shardOf(key).set(key, json);
    this.#changed.add(key.slice(0, 1));
  }

  /** Writes what changed. A cache that cannot be written only costs time, so that is no failure. */
  save(): void {
    if (this.#changed.size === 0) return;
    try {
      mkdirSync(this.#folder, { recursive: true });
      for (const digit of this.#changed) this.#write(digit);
    } catch {
      // Read-only folders are common in builds.
    }
    this.#changed.clear();
  }

  #write(digit: string): void {
    const entries = [...this.#shardOf(digit)];
    const isFull = entries.length > maximumEntries / shardDigits.length;
    const kept = isFull ? entries.filter(([key]) => this.#asked.has(key)) : entries;
    const lines = kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, json]) => `${key} ${json}\n`);
    const body = lines.join("");
    const path = this.#pathOf(digit);
    // A name of its own: two runs may write at once, and whoever renames last wins with a whole file.
    const unfinished = `${path}.${process.pid}.${Date.now()}`;
    try {
      writeFileSync(unfinished, `${this.#headerOf(body)}${body}`);
      renameSync(unfinished, path);
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw error;
    }
  }

  #shardOf(key: string): Map<string, string> {
    const digit = key.slice(0, 1);
    let shard = this.#shards.get(digit);
    if (shard === undefined) {
      shard = this.#read(digit);
      this.#shards.set(digit, shard);
    }
    return shard;
  }

  #read(digit: string): Map<string, string> {
    const shard = new Map<string, string>();
    let text: string;
    try {
      text = readFileSync(this.#pathOf(digit), "utf8");
    } catch {
      return shard;
    }
    const end = text.indexOf("\n") + 1;
    const body = text.slice(end);
    if (text.slice(0, end) !== this.#headerOf(body)) return shard;
    for (let start = 0; start < body.length; ) {
      const lineEnd = body.indexOf("\n", start);
      const keyEnd = body.indexOf(" ", start);
      shard.set(body.slice(start, keyEnd), body.slice(keyEnd + 1, lineEnd));
      start = lineEnd + 1;
    }
    return shard;
  }

  #headerOf(body: string): string {
    return `facts ${this.#version} ${hash("sha1", body)}\n`;
  }

  #pathOf(digit: string): string {
    return join(this.#folder, `facts-${digit}.txt`);
  }
}
