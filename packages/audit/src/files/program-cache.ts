import type { PackedFacts } from "../facts/packed-facts.ts";
import type { Moves } from "../resolve/by-name.ts";
import { indexKinds } from "../resolve/indexes.ts";
import type { PlaceLists } from "../resolve/place-lists.ts";
import type { KeptProgram, Program } from "../resolve/program.ts";
import { numbersIn, partsOf, writeParts } from "./parts.ts";

/** A file of a program, and the key of its facts. */
export type ProgramFile = readonly [path: string, key: string];

interface Index {
  /** In the order of the paths. */
  readonly files: readonly ProgramFile[];
  readonly moduleNames: string;
  /** Bytes of each part. */
  readonly lengths: readonly number[];
}

/** What is kept of a program. */
const listKinds = [...indexKinds, "imports"] as const;
const listParts = ["starts", "places", "values"] as const;

/** Keeps what a program has found out about all its files. `factsId`: of the facts whose names have the same numbers. */
export function writeProgram(path: string, factsId: string, files: readonly ProgramFile[], program: Program): void {
  const lists = { ...program.indexes.image(), imports: program.imports.image() };
  const all = listKinds.flatMap((kind) => listParts.map((part) => lists[kind][part]));
  const lengths = all.map(({ byteLength }) => byteLength);
  const index: Index = { files, moduleNames: program.moduleNames, lengths };
  writeParts(path, titleOf(factsId), index, all);
}

/** What is kept for a program with these files, which have these facts. */
export function keptProgram(
  content: Buffer<ArrayBuffer>,
  factsId: string,
  files: readonly ProgramFile[],
  facts: readonly PackedFacts[],
): KeptProgram | undefined {
  const found = partsOf<Index>(content, titleOf(factsId));
  if (found === undefined) return undefined;
  const { index } = found;
  const numbers = index.lengths.map((length) => numbersIn(found.next(length)));
  const next = () => Object.fromEntries(listParts.map((part) => [part, numbers.shift()])) as unknown as PlaceLists;
  const lists = Object.fromEntries(listKinds.map((kind) => [kind, next()]));
  const { imports, ...image } = lists as Record<(typeof listKinds)[number], PlaceLists>;
  const moves = movesOf(index.files, files);
  const isSame = index.files.length === files.length && index.files.every(([path], at) => path === files[at]?.[0]);
  return {
    facts,
    indexes: { image, moves },
    // Another path may be what a name means.
    ...(isSame && { imports: { image: imports, isKept: moves.isKept }, moduleNames: index.moduleNames }),
  };
}

function titleOf(factsId: string): string {
  return `program of ${factsId}`;
}

/** Both in the order of the paths, so that what was kept stays in its order. */
function movesOf(before: readonly ProgramFile[], now: readonly ProgramFile[]): Moves {
  const moves = { to: new Int32Array(before.length).fill(-1), isKept: new Uint8Array(now.length) };
  let place = 0;
  for (const [earlier, [path, key]] of before.entries()) {
    while (place < now.length && (now[place] as ProgramFile)[0] < path) place += 1;
    const [same, sameKey] = now[place] ?? [];
    if (same !== path || sameKey !== key) continue;
    moves.to[earlier] = place;
    moves.isKept[place] = 1;
  }
  return moves;
}
