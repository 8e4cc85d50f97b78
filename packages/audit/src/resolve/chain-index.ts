import type { Names } from "../facts/names.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { useCell, useCells } from "../facts/packed-layout.ts";
import type { ByName, Pairs } from "./by-name.ts";

/** What hands a function on with its receiver or arguments filled in: the same function all the same. */
export const handingOnNames = ["bind", "call", "apply", "__call__"];
/** What may follow the name of a function that is used all the same: `send.bind(x)`, `send()`. */
export const followingNames = ["()", ...handingOnNames];

/** May a chain mean something? `self`: it is whatever class its use stands in. */
export type Verdict = "no" | "yes" | "self";

const verdictCodes = { no: 1, yes: 2, self: 3 } as const satisfies Record<Verdict, number>;

export interface UseOptions {
  /** Asked about each use whose chain is `self`. */
  readonly judgeUse?: (file: PackedFacts, place: number, use: number) => boolean;
  /** Files that are looked at, by their paths. */
  readonly isWanted?: (path: string) => boolean;
  /** Those that are only known when they run as well. */
  readonly withComputed?: boolean;
}

/** Is told of a use: a file of the program, and the number of the use in it. */
export type VisitUse = (file: PackedFacts, use: number) => void;

/**
 * The uses of a program by the names that they may be of: the last of their chain, and the one before what only hands a function on.
 * A file has each chain once, however often it uses it, so that chains are what is kept by name.
 */
export class ChainIndex {
  readonly #files: readonly PackedFacts[];
  readonly #chains: ByName;
  /** Number of the first chain of each file, through all files; one more for the end of the last. */
  readonly #firsts: Int32Array;

  /** `chains`: what `readChains` reads. */
  constructor(files: readonly PackedFacts[], chains: ByName) {
    this.#files = files;
    this.#chains = chains;
    this.#firsts = new Int32Array(files.length + 1);
    files.forEach(({ listCount }, place) => {
      this.#firsts[place + 1] = (this.#firsts[place] as number) + listCount;
    });
  }

  /** Visits those of these names that `judge` says yes to, in the order of the text. */
  eachUseOf(
    names: Iterable<number>,
    judge: (file: PackedFacts, place: number, chain: number) => Verdict,
    visit: VisitUse,
    { judgeUse = () => true, isWanted = () => true, withComputed = false }: UseOptions = {},
  ): void {
    const verdicts = new Uint8Array(this.#firsts.at(-1) ?? 0);
    const isConcerned = new Uint8Array(this.#files.length);
    for (const name of names) {
      this.#chains.each(name, (place, chain) => {
        const at = (this.#firsts[place] as number) + chain;
        if (verdicts[at] !== 0) return;
        const verdict = verdictCodes[judge(this.#files[place] as PackedFacts, place, chain)];
        verdicts[at] = verdict;
        if (verdict !== verdictCodes.no) isConcerned[place] = 1;
      });
    }
    for (let place = 0; place < this.#files.length; place++) {
      if (!isWanted((this.#files[place] as PackedFacts).path)) continue;
      const file = this.#files[place] as PackedFacts;
      const computed = withComputed ? file.computedUses : [];
      const first = this.#firsts[place] as number;
      const marks = verdicts.subarray(first, first + file.listCount);
      for (const use of isConcerned[place] === 1 ? usesIn(file, marks, computed) : computed) {
        const isSelf = marks[file.useCell(use, useCell.chain)] === verdictCodes.self;
        if (!isSelf || judgeUse(file, place, use) || computed.includes(use)) visit(file, use);
      }
    }
  }
}

export function readChains(names: Names): (file: PackedFacts, pairs: Pairs) => void {
  const following = new Set(followingNames.map((name) => names.idOf(name)));
  return (file, pairs) => {
    const { listCount, cells, nameIds, nameCount } = file;
    for (let list = 0; list < listCount; list++) {
      const start = file.listStart(list);
      for (let at = file.listStart(list + 1) - 1; at >= start; at--) {
        const id = cells[at] as number;
        // A list of lists is no chain.
        if (id >= nameCount) break;
        const name = nameIds[id] as number;
        pairs.add(name, list);
        if (!following.has(name)) break;
      }
    }
  };
}

/** Numbers of the uses whose chains are marked, and of others, in their order. */
function usesIn(file: PackedFacts, marks: Uint8Array, others: readonly number[]): readonly number[] {
  const { cells, useCount } = file;
  const uses: number[] = [];
  let next = 0;
  for (let use = 0, at = file.usesAt + useCell.chain; use < useCount; use++, at += useCells) {
    const isOther = others[next] === use;
    if (isOther) next += 1;
    if (isOther || (marks[cells[at] as number] as number) > verdictCodes.no) uses.push(use);
  }
  return uses;
}
