import {
  parseCallId,
  parseConnectionId,
  parseMessageId,
  parseRunId,
  parseThreadId,
  parseUserId,
} from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { type IdSource, RandomIdSource } from "./id-source.ts";

const kinds = [
  ["threadId", parseThreadId],
  ["runId", parseRunId],
  ["messageId", parseMessageId],
  ["callId", parseCallId],
  ["connectionId", parseConnectionId],
] as const satisfies readonly (readonly [keyof IdSource, (text: unknown) => string | undefined])[];

describe("an id source", () => {
  test.each(kinds)("mints a %s that its own parser takes and every other refuses", (kind, parse) => {
    const ids = new RandomIdSource();
    for (let index = 0; index < 1_000; index += 1) {
      const id = ids[kind]();
      expect(id).toMatch(/^[a-z]{3,4}_[a-z2-7]{20}$/);
      expect(parse(id)).toBe(id);
      expect(parseUserId(id)).toBeUndefined();
      for (const [other, parseOther] of kinds) if (other !== kind) expect(parseOther(id)).toBeUndefined();
    }
  });

  test("mints secrets of 26 characters, 130 bits", () => {
    expect(new RandomIdSource().secret()).toMatch(/^[a-z2-7]{26}$/);
  });

  test("repeats none of 100,000, nor any of another source", () => {
    const minted = new Set<string>();
    const [one, other] = [new RandomIdSource(), new RandomIdSource()];
    for (let index = 0; index < 50_000; index += 1) minted.add(one.runId()).add(other.runId());
    expect(minted.size).toBe(100_000);
  });

  test("favours no character: every byte value stands for one, and each character for as many", () => {
    // All byte values in turn; a block holds each sixteen times.
    let next = 0;
    const ids = new RandomIdSource((count) => Uint8Array.from({ length: count }, () => next++ % 256));
    const counts = new Map<string, number>();
    // 204 ids of 20 characters use up the first 4,080 bytes of the block of 4,096.
    for (let index = 0; index < 204; index += 1) {
      for (const character of ids.runId().slice("run_".length)) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(counts.size).toBe(32);
    // The block's last 16 bytes stand for the characters from "q" to "7".
    for (const [character, count] of counts) {
      expect([character, count]).toEqual([character, "qrstuvwxyz234567".includes(character) ? 127 : 128]);
    }
  });

  test("uses every random byte for at most one id", () => {
    // Bytes of which each block is told apart from the next, and each place in a block from its neighbours.
    const blocks: number[] = [];
    const ids = new RandomIdSource((count) => {
      const block = blocks.length;
      blocks.push(count);
      return Uint8Array.from({ length: count }, (_, index) => (((index / 20) | 0) % 31) ^ block);
    });
    const bodies = Array.from({ length: 410 }, () => ids.callId().slice("call_".length));
    expect(blocks).toEqual([4_096, 4_096, 4_096]);
    // Each id has its 20 bytes for itself, so its characters are all the same.
    for (const body of bodies) expect(new Set(body).size).toBe(1);
    for (let index = 1; index < bodies.length; index += 1) expect(bodies[index]).not.toBe(bodies[index - 1]);
  });
});
