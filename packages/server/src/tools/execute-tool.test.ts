import { getEventListeners } from "node:events";
import { type CallId, defaultLimits, type RunId, type ThreadId, type UserId } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { executeTool } from "./execute-tool.ts";
import { type AnyTool, type ToolContext, ToolFailure, type ToolOnce, type ToolResult } from "./tool.ts";

const onces: readonly ToolOnce[] = ["idempotent", "at-most-once"];

function setUp(
  tool: Partial<AnyTool> & Pick<AnyTool, "execute">,
  outputBytesMax: number = defaultLimits.toolOutputBytesMax,
) {
  const clock = new VirtualClock();
  const run = new AbortController();
  let reason: "stop" | "abandon" | undefined;
  const callId = "call_aaaaaaaa" as CallId;
  const context = {
    userId: "alice" as UserId,
    threadId: "thr_aaaaaaaa" as ThreadId,
    runId: "run_aaaaaaaa" as RunId,
    callId,
    idempotencyKey: callId,
    clock,
  };
  const whole: AnyTool = { name: "probe", description: "Probes", input: z.unknown(), once: "at-most-once", ...tool };
  const execution = {
    context,
    runSignal: run.signal,
    abortReason: () => reason,
    durationMsMax: 1_000,
    stopGraceMs: 300,
    outputBytesMax,
  };
  return {
    clock,
    context,
    runSignal: run.signal,
    abort(why: "stop" | "abandon") {
      reason = why;
      run.abort(new Error(why));
    },
    execute: (input: unknown = null) => executeTool(whole, input, execution),
  };
}

/** How it ended, or undefined while it goes on. */
function watch(result: Promise<ToolResult>) {
  const seen: { result?: ToolResult; error?: unknown } = {};
  result.then(
    (value) => {
      seen.result = value;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}

const returning = (value: unknown) => ({ execute: async () => value });
const hanging = { execute: () => new Promise<never>(() => undefined) };

describe("what a tool is told", () => {
  test("is its input, whose call it is, and a signal; nothing else", async () => {
    const given: unknown[] = [];
    let aborted: boolean | undefined;
    const { context, execute } = setUp({
      async execute(input, toolContext: ToolContext) {
        aborted = toolContext.signal.aborted;
        const { signal, ...rest } = toolContext;
        given.push(input, rest, signal instanceof AbortSignal);
        return null;
      },
    });
    await execute({ amount: 5 });
    expect(given).toEqual([{ amount: 5 }, context, true]);
    expect(aborted).toBe(false);
  });
});

describe("a tool that returns", () => {
  test.each<[string, unknown, unknown]>([
    ["an object", { a: [1, "two", null, true] }, { a: [1, "two", null, true] }],
    ["nothing", undefined, null],
    ["a number that JSON has not", Number.NaN, null],
    ["members without value", { a: undefined, b: [undefined] }, { b: [null] }],
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["something that knows its JSON", { toJSON: () => ({ a: 1 }) }, { a: 1 }],
    ["a key that is special elsewhere", JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}')],
    ["a promise of a promise", Promise.resolve(Promise.resolve(1)), 1],
  ])("%s has completed with what crosses the wire", async (_what, value, output) => {
    expect(await setUp(returning(value)).execute()).toStrictEqual({ outcome: "completed", output });
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const tower = JSON.parse("[".repeat(200_000) + "]".repeat(200_000)) as unknown;
  test.each<[string, unknown]>([
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["a BigInt", { a: 1n }],
    ["a circle", cyclic],
    ["a tower without end", tower],
    [
      "something whose JSON fails",
      {
        toJSON() {
          throw new Error("password=hunter2");
        },
      },
    ],
    [
      "something that cannot be read",
      {
        get secret() {
          throw new Error("password=hunter2");
        },
      },
    ],
  ])("%s has failed: that is no JSON", async (_what, value) => {
    expect(await setUp(returning(value)).execute()).toStrictEqual({
      outcome: "failed",
      error: { code: "invalid_output", message: "the output of probe is not JSON" },
    });
  });

  test("what its schema makes something else of has completed with that", async () => {
    const output = z.object({ n: z.number().transform((value) => value * 2) });
    expect(await setUp({ ...returning({ n: 2, more: "dropped" }), output }).execute()).toStrictEqual({
      outcome: "completed",
      output: { n: 4 },
    });
  });

  // A schema that throws, or a promise of one that rejects, broke the promise that a call always says how it ended.
  test.each<[string, AnyTool["output"]]>([
    ["does not take", z.object({ n: z.string() })],
    ["does not take, it says later", z.object({ n: z.number().refine(async () => false) })],
    [
      "throws at",
      z.object({
        n: z.number().transform(() => {
          throw new Error("password=hunter2");
        }),
      }),
    ],
    [
      "rejects with an error",
      { "~standard": { version: 1, vendor: "test", validate: () => Promise.reject(new Error("password=hunter2")) } },
    ],
  ])("what its schema %s has failed", async (_how, output) => {
    const result = await setUp({ ...returning({ n: 2 }), output }).execute();
    expect(result).toMatchObject({ outcome: "failed", error: { code: "invalid_output" } });
    expect(JSON.stringify(result)).not.toContain("hunter2");
  });

  test.each<[string, (bytes: number) => unknown]>([
    ["text", (bytes) => "x".repeat(bytes - 2)],
    [
      "text that has more bytes than characters",
      (bytes) => `${"語".repeat(Math.floor((bytes - 2) / 3))}${"x".repeat((bytes - 2) % 3)}`,
    ],
    ["a list", (bytes) => ["x".repeat(bytes - 4)]],
  ])("%s may have exactly toolOutputBytesMax, and not one more", async (_what, outputOf) => {
    const bytesMax = 10_000;
    expect(await setUp(returning(outputOf(bytesMax)), bytesMax).execute()).toMatchObject({ outcome: "completed" });
    expect(await setUp(returning(outputOf(bytesMax + 1)), bytesMax).execute()).toStrictEqual({
      outcome: "failed",
      error: {
        code: "output_too_large",
        message: "the output of probe has 10001 bytes and exceeds toolOutputBytesMax 10000",
      },
    });
  });
});

describe("a tool that throws", () => {
  test("a ToolFailure is shown", async () => {
    const execute = async () => {
      throw new ToolFailure("no note with that name");
    };
    expect(await setUp({ execute }).execute()).toStrictEqual({
      outcome: "failed",
      error: { code: "tool_failed", message: "no note with that name" },
    });
  });

  test.each<[string, () => unknown]>([
    ["an error", () => Promise.reject(new Error("password=hunter2"))],
    ["text", () => Promise.reject("password=hunter2")],
    ["nothing", () => Promise.reject(undefined)],
    [
      "at once, before it returns a promise",
      () => {
        throw new Error("password=hunter2");
      },
    ],
    [
      "in its own promise",
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: this is what a hostile thenable looks like
        then() {
          throw new Error("password=hunter2");
        },
      }),
    ],
  ])("%s has failed, and its text is not shown", async (_what, execute) => {
    expect(await setUp({ execute: execute as AnyTool["execute"] }).execute()).toStrictEqual({
      outcome: "failed",
      error: { code: "tool_failed", message: "probe failed" },
    });
  });

  // A failure of ten megabytes could not be stored, and the run was tried again and again until it was given up.
  test.each<[string, string]>([
    ["a failure", "x".repeat(10_000_000)],
    ["a failure of astral characters", "🙂".repeat(5_000_000)],
  ])("%s as long as a book shows its beginning", async (_what, text) => {
    const execute = async () => {
      throw new ToolFailure(text);
    };
    const result = await setUp({ execute }).execute();
    if (result.outcome === "completed") throw new Error("completed");
    expect(result.error.message).toHaveLength(2_000);
    expect(result.error.message.isWellFormed()).toBe(true);
    expect(text.startsWith(result.error.message.slice(0, 1_998))).toBe(true);
  });

  test("what its schema says of a large output is cut as well", async () => {
    const value = { ["k".repeat(1_000_000)]: 1 };
    const result = await setUp({ ...returning(value), output: z.strictObject({}) }).execute();
    if (result.outcome === "completed") throw new Error("completed");
    expect(result.error.code).toBe("invalid_output");
    expect(result.error.message.length).toBeLessThanOrEqual(2_000);
  });
});

describe("a tool that does not come back", () => {
  test.each(onces)("in time is left at its deadline, if it is %s", async (once) => {
    const { clock, execute } = setUp({ ...hanging, once });
    const seen = watch(execute());
    await clock.advance(999);
    expect(seen).toEqual({});
    await clock.advance(1);
    expect(seen.result).toStrictEqual({
      // It may have had its effect; only of one that may be repeated can "failed" be said.
      outcome: once === "idempotent" ? "failed" : "unknown",
      error: { code: "deadline_exceeded", message: "probe did not finish within 1000 ms" },
    });
    expect(clock.pending).toBe(0);
  });

  test("is told by its signal, and why", async () => {
    let signal: AbortSignal | undefined;
    const { clock, execute } = setUp({
      execute: (_input, context: ToolContext) => {
        signal = context.signal;
        return new Promise(() => undefined);
      },
    });
    void execute();
    await clock.advance(1_000);
    expect(signal).toMatchObject({ aborted: true, reason: { name: "TimeoutError" } });
  });

  test("and throws when it is told that its time is up was late all the same", async () => {
    const { clock, execute } = setUp({
      execute: (_input, { signal }: ToolContext) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    const seen = watch(execute());
    await clock.advance(1_000);
    expect(seen.result).toMatchObject({ outcome: "unknown", error: { code: "deadline_exceeded" } });
  });

  test.each(["returns", "throws"])("changes nothing when it %s later", async (how) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const { clock, execute } = setUp({ execute: () => promise });
    const seen = watch(execute());
    await clock.advance(1_000);
    const before = structuredClone(seen);
    if (how === "returns") resolve("late");
    else reject(new Error("late"));
    await clock.advance(1_000);
    expect(seen).toEqual(before);
  });

  test("because its output is never judged is left at its deadline as well", async () => {
    const output = z.string().refine(() => new Promise<boolean>(() => undefined));
    const { clock, execute } = setUp({ ...returning("x"), output });
    const seen = watch(execute());
    await clock.advance(1_000);
    expect(seen.result).toMatchObject({ outcome: "unknown", error: { code: "deadline_exceeded" } });
  });
});

describe("a tool whose run is stopped", () => {
  test("and which stops is cancelled", async () => {
    const { clock, abort, execute } = setUp({
      execute: (_input, { signal }: ToolContext) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("hunter2")))),
    });
    const seen = watch(execute());
    await clock.advance(100);
    abort("stop");
    await clock.advance(0);
    expect(seen.result).toStrictEqual({
      outcome: "cancelled",
      error: { code: "cancelled", message: "probe was stopped" },
    });
    expect(clock.pending).toBe(0);
  });

  test("and which finishes within its grace has completed", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { clock, abort, execute } = setUp({ execute: () => promise });
    const seen = watch(execute());
    await clock.advance(100);
    abort("stop");
    await clock.advance(299);
    resolve("done");
    await clock.advance(0);
    expect(seen.result).toStrictEqual({ outcome: "completed", output: "done" });
  });

  test.each(onces)("and which ignores it is left after its grace, if it is %s", async (once) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { clock, abort, execute } = setUp({ execute: () => promise, once });
    const seen = watch(execute());
    await clock.advance(100);
    abort("stop");
    await clock.advance(299);
    expect(seen).toEqual({});
    await clock.advance(1);
    expect(seen.result).toStrictEqual(
      once === "idempotent"
        ? { outcome: "cancelled", error: { code: "cancelled", message: "probe did not stop within 300 ms" } }
        : { outcome: "unknown", error: { code: "outcome_unknown", message: "probe did not stop within 300 ms" } },
    );
    resolve("late");
    await clock.advance(2_000);
    expect(seen.result).not.toMatchObject({ outcome: "completed" });
    expect(clock.pending).toBe(0);
  });

  test("shortly before its deadline has no longer than that", async () => {
    const { clock, abort, execute } = setUp(hanging);
    const seen = watch(execute());
    await clock.advance(900);
    abort("stop");
    await clock.advance(100);
    expect(seen.result).toMatchObject({ error: { code: "deadline_exceeded" } });
    expect(clock.pending).toBe(0);
  });

  test("before it was called is not called", async () => {
    let calls = 0;
    const { abort, execute } = setUp({ execute: async () => (calls += 1) });
    abort("stop");
    expect(await execute()).toStrictEqual({
      outcome: "cancelled",
      error: { code: "cancelled", message: "probe was stopped before it began" },
    });
    expect(calls).toBe(0);
  });
});

describe("a tool whose run is abandoned", () => {
  test.each<[string, Partial<AnyTool> & Pick<AnyTool, "execute">]>([
    ["returned just now", returning("done")],
    ["threw just now", { execute: () => Promise.reject(new ToolFailure("no")) }],
    ["goes on", hanging],
  ])("says nothing in its name, when it %s", async (_how, tool) => {
    const { clock, abort, execute } = setUp(tool);
    const seen = watch(execute());
    abort("abandon");
    await clock.advance(0);
    expect(seen.result).toBeUndefined();
    expect(String(seen.error)).toBe("Error: unable to finish probe; the run was abandoned");
    expect(clock.pending).toBe(0);
  });

  test("before it was called is not called", async () => {
    let calls = 0;
    const { abort, execute } = setUp({ execute: async () => (calls += 1) });
    abort("abandon");
    await expect(execute()).rejects.toThrow("unable to finish probe; the run was abandoned");
    expect(calls).toBe(0);
  });
});

test("nothing stays behind on the signal of a run that goes on", async () => {
  const { clock, runSignal, execute } = setUp(returning("x"));
  for (let call = 0; call < 20; call += 1) await execute();
  expect(getEventListeners(runSignal, "abort")).toEqual([]);
  expect(clock.pending).toBe(0);
});
