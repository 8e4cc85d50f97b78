import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { packFacts } from "../facts/pack-facts.ts";
import { readFacts } from "../facts/read-facts.ts";
import type { Content } from "./known-files.ts";

/** What was read of a file: `facts` only when they were not known; without bytes when nobody knows the language. */
export type Source = Content & { readonly facts?: Uint8Array<ArrayBuffer> };

const decoder = new TextDecoder();
const minifiedCharactersMin = 5_000;
const lineCharactersMax = 400;
/** Brackets and semicolons among the characters of long lines: what was written by a program has more. */
const codeShareMin = 0.04;

/**
 * Reads a file, and its facts unless they are known by the key of its content. `isKnown`: undefined when nothing is kept; then
 * nobody asks for the key.
 */
export function readSource(root: string, path: string, isKnown: ((key: string) => boolean) | undefined): Source {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(root, path));
  } catch {
    return { reason: "cannot be read" };
  }
  const key = isKnown === undefined ? "" : keyOf(path, bytes);
  if (isKnown?.(key) === true) return { key };
  const text = decoder.decode(bytes);
  if (text.includes("\0")) return { reason: "not text" };
  if (isMinified(path, text)) return { reason: "minified" };
  const facts = readFacts(path, text);
  return { key, facts: facts === undefined ? new Uint8Array(0) : packFacts(facts) };
}

/** Tells what is known, for `readSource`. */
export function knownBy(keys: readonly string[] | undefined): ((key: string) => boolean) | undefined {
  const known = keys && new Set(keys);
  return known && ((key) => known.has(key));
}

/** The way to read depends on the ending too, and on the dots before it: `a.d.ts`. */
function keyOf(path: string, bytes: Uint8Array): string {
  const isDeclaration = /\.d\.(?:[^/]+\.)?[cm]?ts$/.test(path);
  return `${hash("sha1", bytes)}${isDeclaration ? ".d" : ""}${extname(path)}`;
}

/** Lines that nobody wrote: long on average, in a file that is not just short, and full of code; a picture as a text is none. */
function isMinified(path: string, text: string): boolean {
  if (text.length < minifiedCharactersMin || path.endsWith(".py")) return false;
  let left = text.length / lineCharactersMax - 1;
  for (let at = text.indexOf("\n"); at !== -1 && left > 0; at = text.indexOf("\n", at + 1)) left -= 1;
  if (left <= 0) return false;
  const long = text.split("\n").filter(({ length }) => length > lineCharactersMax);
  const characters = long.reduce((sum, { length }) => sum + length, 0);
  const ofCode = long.reduce((sum, line) => sum + (line.match(/[(){};]/g)?.length ?? 0), 0);
  return ofCode > characters * codeShareMin;
}
