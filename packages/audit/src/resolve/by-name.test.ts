import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileFacts } from "../facts/file-facts.ts";
import { packFacts } from "../facts/pack-facts.ts";
import { PackedFacts } from "../facts/packed-facts.ts";
import { readFacts } from "../facts/read-facts.ts";
import { ByName, type Moves } from "./by-name.ts";

const nameCount = 5;
const pair = fc.tuple(fc.nat(nameCount - 1), fc.nat(9));
type Pairs = readonly (readonly [name: number, value: number])[];

function byNameOf(given: readonly Pairs[], kept?: ConstructorParameters<typeof ByName>[3]): ByName {
  const files = given.map((_, place) => {
    const path = `${place}.py`;
    return new PackedFacts(path, packFacts(readFacts(path, "") as FileFacts));
  });
  const read: ConstructorParameters<typeof ByName>[2] = (file, pairs) => {
    for (const [name, value] of given[files.indexOf(file)] ?? []) pairs.add(name, value);
  };
  return new ByName(files, nameCount, read, kept);
}

function expectAll(byName: ByName, given: readonly Pairs[]): void {
  for (let name = 0; name < nameCount + 2; name++) {
    const expected = given.flatMap((pairs, place) =>
      pairs.filter(([own]) => own === name).map(([, value]) => [place, value]),
    );
    const found: number[][] = [];
    byName.each(name, (place, value) => found.push([place, value]));
    expect(found).toEqual(expected);
    expect([byName.count(name), byName.count(name, 2), byName.has(name)]).toEqual([
      expected.length,
      Math.min(2, expected.length),
      expected.length > 0,
    ]);
  }
}

test("each name has what the files gave it, in their order", () => {
  fc.assert(
    fc.property(fc.array(fc.array(pair), { maxLength: 6 }), (given) => {
      expectAll(byNameOf(given), given);
    }),
    { numRuns: 300 },
  );
});

/** What becomes of a file: it stays, it is gone, it says something else, or another one comes before it. */
const change = fc.oneof(
  fc.constant({ kind: "stays" } as const),
  fc.constant({ kind: "gone" } as const),
  fc.record({ kind: fc.constantFrom("changed", "preceded"), pairs: fc.array(pair) }),
);

test("what is kept of an earlier program and what is new are one", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(pair), change), { maxLength: 6 }), (files) => {
      const earlier = files.map(([pairs]) => pairs);
      const now: Pairs[] = [];
      const isKept: number[] = [];
      const add = (pairs: Pairs, kept: boolean) => {
        now.push(pairs);
        isKept.push(kept ? 1 : 0);
        return now.length - 1;
      };
      const to = files.map(([pairs, to]) => {
        if (to.kind === "gone") return -1;
        if (to.kind === "stays") return add(pairs, true);
        add(to.pairs, false);
        return to.kind === "preceded" ? add(pairs, true) : -1;
      });
      const moves: Moves = { to: Int32Array.from(to), isKept: Uint8Array.from(isKept) };
      expectAll(byNameOf(now, { image: byNameOf(earlier).image, moves }), now);
    }),
    { numRuns: 300 },
  );
});
