import { commandTypes } from "@throughline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearestNames } from "./nearest-names.ts";

describe("nearest names", () => {
  test.each<[string, string[]]>([
    ["message.send", ["message.send"]],
    ["message.snd", ["message.send"]],
    ["MESSAGE.SEND", ["message.send"]],
    ["run.stpo", ["run.stop"]],
    ["thread.delet", ["thread.delete", "thread.create", "thread.rename"]],
    ["thread.creat", ["thread.create", "thread.rename", "thread.delete"]],
    ["approve", ["approval.answer"]],
    ["constructor", []],
    ["", []],
    ["\u0000".repeat(1_000), []],
  ])("of %j among the command types", (name, expected) => {
    expect(nearestNames(name, commandTypes)).toEqual(expected);
  });

  test("are the nearest first, then by name, whatever the order in which they are known", () => {
    const known = ["abce", "abcd", "abcx", "abyy"];
    expect(nearestNames("abcd", known)).toEqual(["abcd", "abce", "abcx"]);
    expect(nearestNames("abcd", known.toReversed())).toEqual(["abcd", "abce", "abcx"]);
    expect(nearestNames("abcd", known, 1)).toEqual(["abcd"]);
    expect(nearestNames("abcd", known, 9)).toEqual(["abcd", "abce", "abcx", "abyy"]);
  });

  test("allow two mistakes in a short name, and as many as half of a long one", () => {
    expect(nearestNames("xy", ["ab"])).toEqual(["ab"]);
    expect(nearestNames("xyz", ["abc"])).toEqual([]);
    expect(nearestNames("abcdxxxx", ["abcdefgh"])).toEqual(["abcdefgh"]);
    expect(nearestNames("abcxxxxx", ["abcdefgh"])).toEqual([]);
  });

  test("of a name without mistakes hold that name, and only names that are known", () => {
    const names = fc.uniqueArray(fc.string({ maxLength: 30 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(names, fc.nat(), fc.string(), (known, index, hostile) => {
        const meant = known[index % known.length] as string;
        const near = nearestNames(meant, known, known.length);
        expect(near).toContain(meant);
        for (const found of nearestNames(hostile, known)) expect(known).toContain(found);
      }),
    );
  });

  test("of a name of a million characters cost no more than those of a short one: it is compared by its beginning", () => {
    const known = ["a".repeat(64)];
    expect(nearestNames("a".repeat(1_000_000), known)).toEqual(known);
  });
});
