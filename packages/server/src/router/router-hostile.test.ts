/** Whatever comes in: nothing but a valid command is ever accepted, and everything gets exactly one reply. */
import { commandTypes, type JsonValue, parseCommandId } from "@throughline/protocol";
import { commandDataSchemas, replyDataSchemas, serverFrameSchema } from "@throughline/protocol/schemas";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alice, RouterBench } from "../../../../tests/support/router-bench.ts";
import { commandDataArbitraries } from "../../../protocol/src/wire-arbitraries.ts";
import type { IncomingCommand } from "./router.ts";

const json = fc.jsonValue({ maxDepth: 4 });
const keys = fc.constantFrom(
  "text",
  "threadId",
  "title",
  "runId",
  "callId",
  "digest",
  "decision",
  "onBusy",
  "__proto__",
);
const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("approve", "queue", "thr_aaaaaaaa", "run_aaaaaaaa", "call_aaaaaaaa", "\ud800", " ", "\u0000"),
);
/** Objects as a parser makes them: `__proto__` is a key like any other. */
const objects = fc
  .array(fc.tuple(fc.oneof(keys, fc.string()), fc.oneof(texts, json)), { maxLength: 5 })
  .map((entries) => {
    const members = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    return JSON.parse(`{${members.join(",")}}`) as JsonValue;
  });
const valid = fc
  .constantFrom(...commandTypes)
  .chain((type) => fc.record({ type: fc.constant(type), data: commandDataArbitraries[type] as fc.Arbitrary<unknown> }));
/** Mostly a command in which one part is not what it should be. */
const commands = fc
  .record({
    id: fc.oneof({ weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/) }, { weight: 1, arbitrary: json }),
    command: fc.oneof(
      valid,
      fc.record({ type: fc.constantFrom(...commandTypes), data: fc.oneof(objects, json) }),
      fc.record({ type: fc.oneof(texts, json, fc.constantFrom("__proto__", "constructor")), data: objects }),
    ),
  })
  .map(({ id, command }) => ({ id, ...command }) as IncomingCommand);

describe("a router", () => {
  test("accepts nothing but valid commands, and gives every other one refusal that says whose fault it is", async () => {
    const bench = new RouterBench();
    const schemas = commandDataSchemas(bench.limits);
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { minLength: 1, maxLength: 10 }), async (story) => {
        for (const command of story) {
          const head = await bench.head();
          const reply = await bench.router.handle(alice, command);
          expect(reply.id).toBe(command.id);
          if (parseCommandId(command.id) !== undefined) expect(serverFrameSchema.parse(reply)).toEqual(reply);
          if (reply.ok) {
            accepted += 1;
            const type = commandTypes.find((name) => name === command.type);
            if (type === undefined) throw new Error(`accepted ${command.type}`);
            expect(parseCommandId(command.id)).toBe(command.id);
            schemas[type].parse(command.data);
            replyDataSchemas[type].parse(reply.data);
            // Subscriptions are told of in the feed a moment later.
            await bench.clock.advance(0);
          } else {
            expect([
              "bad_frame",
              "unknown_type",
              "invalid_data",
              "too_large",
              "not_found",
              "idempotency_conflict",
            ]).toContain(reply.error.code);
            expect(await bench.head()).toBe(head);
          }
        }
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(50);
    expect(bench.internalErrors).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["a tower of arrays", JSON.parse("[".repeat(5_000) + "]".repeat(5_000))],
    ["a tower of objects", JSON.parse(`${'{"text":'.repeat(5_000)}1${"}".repeat(5_000)}`)],
    ["a tower where a text belongs", { text: JSON.parse("[".repeat(5_000) + "]".repeat(5_000)) }],
    ["ten million characters", { text: "x".repeat(10_000_000) }],
    ["ten million characters where an id belongs", { text: "x", threadId: "x".repeat(10_000_000) }],
    ["a hundred thousand keys", Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, 1]))],
    ["an array that has the right members", Object.assign([], { text: "hello" })],
    ["text", "hello"],
    ["null", null],
    ["nothing", undefined],
  ])("refuses %s without harm", async (_what, data) => {
    const bench = new RouterBench();
    const reply = await bench.router.handle(alice, { id: "one", type: "message.send", data });
    expect(reply.ok ? "accepted" : reply.error.code).toMatch(/^(invalid_data|too_large)$/);
    expect(JSON.stringify(reply).length).toBeLessThan(4_000);
    expect([await bench.head(), bench.internalErrors]).toEqual([0, []]);
  });

  test.each([10_000_000, 65])("refuses a type of %i characters like any other that is unknown", async (characters) => {
    const reply = await new RouterBench().router.handle(alice, { id: "one", type: "x".repeat(characters), data: {} });
    expect(reply).toMatchObject({ ok: false, error: { code: "unknown_type" } });
    expect(JSON.stringify(reply).length).toBeLessThan(4_000);
  });
});
