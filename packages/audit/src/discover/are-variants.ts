import type { Program } from "../resolve/program.ts";
import type { Place } from "../status/uses.ts";
import { basesOf } from "./bases-of.ts";

/** Folders that hold the same once more for callers that wait, or do not. */
const waiting = /^_?(aio|async|asyncio|asynchronous|sync|synchronous)$/;

/**
 * Are these variants of one thing, which are meant to be many? Classes with a base in common, also one that is only known by name, or
 * of which one is the base of the others, and definitions whose paths differ in one folder (`backends/mysql/schema.py`,
 * `backends/sqlite/schema.py`), or in one that says how they wait (`aio/client.py`): one for each plugin.
 */
export function areVariants(program: Program, places: readonly Place[]): boolean {
  return haveCommonBase(program, places) || areSiblings(places.map(({ path }) => path));
}

function haveCommonBase(program: Program, places: readonly Place[]): boolean {
  const [first, ...rest] = places.map((place) => new Set([program.symbolOf(place), ...basesOf(program, place)]));
  return [...(first ?? [])].some((base) => rest.every((bases) => bases.has(base)));
}

function areSiblings(paths: readonly string[]): boolean {
  const [first = [], ...rest] = paths.map((path) => path.split("/").filter((part) => !waiting.test(part)));
  if (rest.some(({ length }) => length !== first.length)) return false;
  const differs = (part: string, index: number) => rest.some((other) => other[index] !== part);
  const differing = first.filter(differs);
  if (differing.length === 0) return new Set(paths).size > 1;
  return differing.length === 1 && first.findIndex(differs) < first.length - 1;
}
