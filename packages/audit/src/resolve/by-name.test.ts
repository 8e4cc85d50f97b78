import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileFacts } from "../facts/file-facts.ts";
import { packFacts } from "../facts/pack-facts.ts";
import { PackedFacts } from "../facts/packed-facts.ts";
import { readFacts } from "../facts/read-facts.ts";
import { ByName } from "./by-name.ts";

const nameCount = 5;
const pair = fc.tuple(fc.nat(nameCount - 1), fc.nat(9));

test("each name has what the files gave it, in their order", () => {
  fc.assert(
    fc.property(fc.array(fc.array(pair), { maxLength: 6 }), (given) => {
      const files = given.map((_, place) => {
        const path = `${place}.py`;
        return new PackedFacts(path, packFacts(readFacts(path, "") as FileFacts));
      });
      const byName = new ByName(files, nameCount, (file, pairs) => {
        for (const [name, value] of given[files.indexOf(file)] ?? []) pairs.add(name, value);
      });
      for (let name = 0; name < nameCount + 2; name++) {
        const expected = given.flatMap((pairs, place) =>
          pairs.filter(([own]) => own === name).map(([, value]) => [place, value]),
        );
        const found: number[][] = [];
        byName.each(name, (place, value) => found.push([place, value]));
        expect(found).toEqual(expected);
        expect(byName.count(name)).toBe(expected.length);
      }
    }),
    { numRuns: 300 },
  );
});
