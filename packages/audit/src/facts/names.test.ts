import fc from "fast-check";
import { expect, test } from "vitest";
import { type Characters, Names } from "./names.ts";
import { readFacts } from "./read-facts.ts";

const letter = fc.constantFrom("a", "b", "\u00ff", "\u0100", "名", "\ud83d", "\ude00");
const name = fc.array(letter, { maxLength: 4 }).map((letters) => letters.join(""));

function wide(text: string): Characters {
  return Uint16Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}

/** One byte for each character, where that is enough. */
function narrow(text: string): Characters {
  const characters = wide(text);
  return characters.some((code) => code > 0xff) ? characters : Uint8Array.from(characters);
}

test("each name has one number, however it comes, and every number its name", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.boolean())), (given) => {
      const names = new Names();
      const numbers = new Map<string, number>();
      for (const [text, isNarrow] of given) {
        expect(names.find(text)).toBe(numbers.get(text));
        const characters = isNarrow ? narrow(text) : wide(text);
        const id = names.add(characters, 0, text.length);
        expect(id).toBe(numbers.get(text) ?? numbers.size);
        numbers.set(text, id);
        expect(names.idOf(text)).toBe(id);
      }
      expect(names.size).toBe(numbers.size);
      for (const [text, id] of numbers) expect(names.nameOf(id)).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test("a part of a text is the name that it reads", () => {
  const names = new Names();
  const id = names.add(narrow("getattr"), 3, 7);
  expect(names.nameOf(id)).toBe("attr");
  expect(names.add(wide("no attr"), 3, 7)).toBe(id);
});

test("more than any table begins with", () => {
  const names = new Names();
  const count = 40_000;
  for (let id = 0; id < count; id++) expect(names.idOf(`name ${id} ${"x".repeat(id % 40)}`)).toBe(id);
  for (let id = 0; id < count; id++) expect(names.nameOf(id)).toBe(`name ${id} ${"x".repeat(id % 40)}`);
});

test("an image has the same names, and takes more", () => {
  fc.assert(
    fc.property(fc.uniqueArray(name), fc.uniqueArray(name), (before, after) => {
      const names = new Names();
      for (const text of before) names.idOf(text);
      const again = Names.of(structuredCloneOf(names));
      const all = [...new Set([...before, ...after])];
      expect(all.map((text) => again.idOf(text))).toEqual(all.map((_, id) => id));
      expect(all.map((_, id) => again.nameOf(id))).toEqual(all);
    }),
    { numRuns: 500 },
  );
});

/** As it would come from a file. */
function structuredCloneOf(names: Names) {
  const { bytes, starts, hashes, slots, wide: beyond } = names.image();
  const copies = { starts: starts.slice(), hashes: hashes.slice(), slots: slots.slice() };
  return { bytes: Buffer.from(bytes), ...copies, wide: [...beyond] };
}

// Characters of one name were the arguments of one call, of which there may be about a hundred thousand.
test("a name may be as long as a file", () => {
  const long = `${"名".repeat(400_000)}a`;
  const names = new Names();
  expect(names.idOf(long)).toBe(0);
  expect([names.find(long), names.find(long.slice(1)), names.nameOf(0) === long]).toEqual([0, undefined, true]);
  expect(readFacts("a.py", `${long} = 1\nb = "${long}"\n`)?.bindings[0]?.name).toBe(long);
});

test("a word is found anywhere in names, in any case, and never across two of them", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "A", "B", "É", "Š", "K", "_"), maxLength: 6 });
  fc.assert(
    fc.property(
      fc.uniqueArray(name),
      fc.string({ unit: fc.constantFrom("a", "b", "k"), minLength: 1 }),
      (all, word) => {
        const names = new Names();
        const half = Math.floor(all.length / 2);
        const having = (some: readonly string[]) => some.filter((one) => one.toLowerCase().includes(word));
        for (const some of [all.slice(0, half), all]) {
          for (const one of some) names.idOf(one);
          expect(names.having(word).map((id) => names.nameOf(id))).toEqual(having(some));
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
