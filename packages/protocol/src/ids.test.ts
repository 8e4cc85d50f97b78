import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  idPatterns,
  idPrefixes,
  parseAlertId,
  parseCallId,
  parseCommandId,
  parseConnectionId,
  parseMessageId,
  parseRunId,
  parseThreadId,
  parseUserId,
  type ThreadId,
  type UserId,
} from "./ids.ts";
import { defaultLimits } from "./limits.ts";
import {
  alertIds,
  callIds,
  commandIds,
  connectionIds,
  messageIds,
  runIds,
  texts,
  threadIds,
  userIds,
} from "./wire-arbitraries.ts";

const kinds = {
  user: { ids: userIds, parse: parseUserId },
  thread: { ids: threadIds, parse: parseThreadId },
  run: { ids: runIds, parse: parseRunId },
  message: { ids: messageIds, parse: parseMessageId },
  call: { ids: callIds, parse: parseCallId },
  connection: { ids: connectionIds, parse: parseConnectionId },
  alert: { ids: alertIds, parse: parseAlertId },
  command: { ids: commandIds, parse: parseCommandId },
} as const;
type Kind = keyof typeof kinds;
const kindNames = Object.keys(kinds) as Kind[];

// A command id is minted by the client, who may choose any text of its form, even that of another id.
const strangers = kindNames.flatMap((kind) =>
  kindNames
    .filter((other) => other !== kind && kind !== "command" && other !== "command")
    .map((other) => ({ kind, other })),
);

test("every kind of id has a pattern and a parser", () => {
  expect(Object.keys(idPatterns).sort()).toEqual([...kindNames].sort());
});

describe.each(kindNames)("a %s id", (kind) => {
  const { ids, parse } = kinds[kind];

  test("parses to itself", () => {
    fc.assert(fc.property(ids as fc.Arbitrary<string>, (id) => parse(id) === id));
  });

  test("is refused with anything before or after it", () => {
    const strayed = fc.constantFrom(" ", "\n", "\0", "\u2028", "é", "'", '"', "<", "\ud800");
    fc.assert(
      fc.property(ids as fc.Arbitrary<string>, strayed, (id, stray) => {
        expect(parse(id + stray)).toBeUndefined();
        expect(parse(stray + id)).toBeUndefined();
      }),
    );
  });

  test("is text of its form and nothing else", () => {
    const anything = fc.oneof(
      fc.anything(),
      texts,
      (ids as fc.Arbitrary<string>).map((id) => [id]),
    );
    fc.assert(
      fc.property(anything, (value) => {
        const expected = typeof value === "string" && idPatterns[kind].test(value) ? value : undefined;
        expect(parse(value)).toBe(expected);
      }),
    );
  });
});

test.each(strangers)("a $other id never parses as a $kind id", ({ kind, other }) => {
  fc.assert(fc.property(kinds[other].ids as fc.Arbitrary<string>, (id) => kinds[kind].parse(id) === undefined));
});

test("a user id has at most 200 characters, a minted body 8 to 40, a command id 1 to 64", () => {
  expect(parseUserId("u".repeat(200))).toBe("u".repeat(200));
  expect(parseUserId("u".repeat(201))).toBeUndefined();
  expect(parseUserId("")).toBeUndefined();
  for (const prefix of Object.values(idPrefixes)) {
    const accepted = kindNames.filter((kind) => kinds[kind].parse(`${prefix}_${"a".repeat(40)}`) !== undefined);
    expect(accepted).toHaveLength(2); // its own kind, and the command id that a client is free to choose
    const tooLong = kindNames.filter((kind) => kinds[kind].parse(`${prefix}_${"a".repeat(41)}`) !== undefined);
    const tooShort = kindNames.filter((kind) => kinds[kind].parse(`${prefix}_${"a".repeat(7)}`) !== undefined);
    expect([tooLong, tooShort]).toEqual([["command"], ["command"]]);
  }
  const longest = "c".repeat(defaultLimits.commandIdCharactersMax);
  expect(parseCommandId(longest)).toBe(longest);
  expect(parseCommandId(`${longest}c`)).toBeUndefined();
  expect(parseCommandId("")).toBeUndefined();
});

test("issuers' subjects are user ids", () => {
  for (const subject of ["auth0|5f7c8ec7c33c6c004bbafe82", "ada@example.org", "a1b2/c3=", "urn:user:7", "runner_1"]) {
    expect(parseUserId(subject)).toBe(subject);
  }
});

test("a thread id where a user id belongs does not compile", () => {
  expectTypeOf<ThreadId>().not.toExtend<UserId>();
  expectTypeOf<UserId>().not.toExtend<ThreadId>();
  expectTypeOf<string>().not.toExtend<UserId>();
  expectTypeOf<UserId>().toExtend<string>();
});
