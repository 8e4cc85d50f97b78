import type { PackedFacts } from "../facts/packed-facts.ts";
import type { Moves } from "../resolve/by-name.ts";
import { type IndexesImage, indexKinds } from "../resolve/indexes.ts";
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

const indexParts = ["starts", "places", "values"] as const;
const importParts = ["starts", "places", "lines"] as const;

/** Keeps what a program has found out about all its files. `factsId`: of the facts whose names have the same numbers. */
export function writeProgram(path: string, factsId: string, files: readonly ProgramFile[], program: Program): void {
  const [indexes, imports] = [program.indexes.image(), program.imports.image()];
  const all = [
    ...indexKinds.flatMap((kind) => indexParts.map((part) => indexes[kind][part])),
    ...importParts.map((part) => imports[part]),
  ];
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
  const next = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, numbers.shift()]));
  const image = Object.fromEntries(indexKinds.map((kind) => [kind, next(indexParts)])) as unknown as IndexesImage;
  const moves = movesOf(index.files, files);
  const isSame = index.files.length === files.length && index.files.every(([path], at) => path === files[at]?.[0]);
  const imports = next(importParts) as unknown as ReturnType<Program["imports"]["image"]>;
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
