/**
 * Nonsense of every kind: mutated commands and frames, requests, bytes. A million inputs are given by hand,
 * `npm run fuzz -- --inputs 1000000`; THROUGHLINE_SEED repeats a run.
 */
import { expect, test } from "vitest";
import { Random } from "../simulation/random.ts";
import { fuzz } from "./fuzz.ts";
import { commandTypes, goodFields, isAcceptable } from "./good-commands.ts";

const seed = process.env.THROUGHLINE_SEED ?? String(Date.now() % 1_000_000);
const inputs = 40_000;
const growthBytesMax = 96 * 1_048_576;

test(`${inputs} hostile inputs: each gets its answer, nothing is acknowledged that makes no sense, and the server goes on`, {
  timeout: 180_000,
}, async () => {
  console.log(`fuzz with THROUGHLINE_SEED=${seed}`);
  const result = await fuzz(seed, inputs);
  const growth = result.residentBytes[1] - result.residentBytes[0];
  console.log(JSON.stringify({ ...result, growth }));
  expect(result.output).toBe("");
  expect(result.journeys).toBe(10);
  expect(result.commands + result.legacy + result.requests + result.bytes).toBeGreaterThanOrEqual(inputs);
  // Some mutations leave a command whole: the oracle saw both kinds.
  expect(result.acknowledged).toBeGreaterThan(inputs / 100);
  expect(growth).toBeLessThan(growthBytesMax);
});

test("the oracle takes what is good and nothing that is bent", () => {
  const random = new Random("oracle");
  for (const type of commandTypes) {
    const fields = goodFields(type, "thr_aaaaaaaaaaaaaaaaaaaaaa", random);
    const data = JSON.parse(
      `{${Object.entries(fields)
        .map(([name, value]) => `"${name}":${value}`)
        .join(",")}}`,
    ) as object;
    expect(isAcceptable(type, data), type).toBe(true);
    expect(isAcceptable(type, { ...data, extra: 1 })).toBe(false);
    expect(isAcceptable(`${type}s`, data)).toBe(false);
    for (const name of Object.keys(data))
      expect(isAcceptable(type, { ...data, [name]: null }), `${type} ${name}`).toBe(false);
  }
  for (const data of [null, [], "x", 1, undefined]) expect(isAcceptable("thread.create", data)).toBe(false);
});
