import type { LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { JsonValue } from "@throughline/protocol";
import { generateText } from "ai";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { VirtualClock } from "../../../../../../tests/support/virtual-clock.ts";
import { systemClock } from "../../../base/clock.ts";
import type { ToolResult } from "../../../tools/tool.ts";
import type { ConversationMessage } from "../../agent.ts";
import { type ModelStep, type ModelStepRequest, type ModelTool, streamModelStep } from "../model-step.ts";
import { LocalLanguageModel } from "./local-language-model.ts";

const model = new LocalLanguageModel({ clock: systemClock, chunkDelayMs: 0 });

function toolNamed(name: string, required: readonly string[], optional: readonly string[] = []): ModelTool {
  const properties = Object.fromEntries([...required, ...optional].map((key) => [key, { type: "string" }]));
  return { name, description: `Does ${name}. And more.`, inputJsonSchema: { type: "object", properties, required } };
}

const tools: readonly ModelTool[] = [
  toolNamed("calculate", ["expression"]),
  toolNamed("convert_units", ["value", "from", "to"]),
  toolNamed("world_clock", ["place"]),
  toolNamed("parse_date", ["text"], ["timeZone"]),
  toolNamed("note_save", ["title", "text"]),
  toolNamed("note_list", []),
  toolNamed("note_read", ["title"]),
  toolNamed("note_delete", ["title"]),
  toolNamed("search_documents", ["query"], ["limit"]),
  toolNamed("read_document", ["name"]),
  toolNamed("weather", ["city"]),
];

interface Said {
  readonly step: Extract<ModelStep, { kind: "finished" }>;
  readonly texts: readonly string[];
  readonly thoughts: readonly string[];
}

async function say(messages: readonly ConversationMessage[], options: Partial<ModelStepRequest> = {}): Promise<Said> {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const step = await streamModelStep({
    model,
    instructions: "Be brief.",
    messages,
    tools,
    signal: new AbortController().signal,
    idleTimeoutMs: 60_000,
    clock: systemClock,
    onText: (text) => texts.push(text),
    onReasoning: (text) => thoughts.push(text),
    ...options,
  });
  if (step.kind !== "finished") throw new Error(`expected an answer, not ${JSON.stringify(step)}`);
  return { step, texts, thoughts };
}

function person(text: string): ConversationMessage[] {
  return [{ role: "user", text }];
}

/** The message, the calls made for it, and their results in the order of the calls. */
async function answerTo(text: string, results: readonly ToolResult[]): Promise<Said> {
  const { step } = await say(person(text));
  expect(step.toolCalls).toHaveLength(results.length);
  const calls = step.toolCalls.map((call, index) => ({
    callId: `call_test0000${index}`,
    tool: call.tool,
    input: "value" in call.input ? call.input.value : call.input.invalid,
  }));
  return say([
    ...person(text),
    { role: "assistant", text: "", toolCalls: calls, providerData: step.record },
    ...calls.map(({ callId, tool }, index) => ({
      role: "tool" as const,
      callId,
      tool,
      result: results[index] ?? completed(null),
    })),
  ]);
}

function completed(output: JsonValue): ToolResult {
  return { outcome: "completed", output };
}

describe("a step", () => {
  test("thinks visibly, then calls tools in parallel and says nothing yet", async () => {
    const { step, thoughts } = await say(person("time in Tokyo and 12*7"));
    expect(step).toMatchObject({
      kind: "finished",
      text: "",
      reasoning:
        "The message asks for the time in Tokyo, the value of 12*7. I call world_clock, calculate, 2 calls at once.",
      toolCalls: [
        { modelCallId: "local-2-1", tool: "world_clock", input: { value: { place: "Tokyo" } } },
        { modelCallId: "local-2-2", tool: "calculate", input: { value: { expression: "12*7" } } },
      ],
      finishReason: "tool-calls",
    });
    expect(step.usage).toBeUndefined();
    expect(thoughts.length).toBeGreaterThan(10);
  });

  test("with results answers from them and calls nothing more", async () => {
    const { step } = await answerTo("/weather city=Oslo", [completed({ degrees: -3 })]);
    expect(step).toMatchObject({
      text: '`weather` returned:\n\n```json\n{\n  "degrees": -3\n}\n```',
      reasoning: "The result is in; I put the answer together.",
      toolCalls: [],
      finishReason: "stop",
    });
  });

  test("streams word by word, and the words joined are the text", async () => {
    const { step, texts } = await say(person("hello"));
    expect(texts.length).toBeGreaterThan(20);
    expect(texts.every((text) => text.trim().split(/\s+/).length === 1)).toBe(true);
    expect(texts.join("")).toBe(step.text);
  });

  test("answers the newest message only", async () => {
    const { step } = await say([
      ...person("12*7"),
      {
        role: "assistant",
        text: "",
        toolCalls: [{ callId: "call_test00000", tool: "calculate", input: { expression: "12*7" } }],
      },
      { role: "tool", callId: "call_test00000", tool: "calculate", result: completed(84) },
      { role: "assistant", text: "84", toolCalls: [] },
      ...person("thanks"),
    ]);
    expect(step).toMatchObject({ text: "You are welcome.", toolCalls: [] });
  });
});

describe("a call that did not complete is reported as what it is", () => {
  const cases = [
    ["failed", "tool_failed", "`world_clock` failed: no place is called \\*Tokyo\\*"],
    [
      "denied",
      "approval_denied",
      "`world_clock` was not run, because it was not allowed: no place is called \\*Tokyo\\*",
    ],
    ["cancelled", "cancelled", "`world_clock` was cancelled: no place is called \\*Tokyo\\*"],
    [
      "unknown",
      "outcome_unknown",
      "Nobody can know whether `world_clock` ran: no place is called \\*Tokyo\\*. Please check before you ask for it again.",
    ],
  ] as const;

  test.each(cases)("%s", async (outcome, code, text) => {
    const result: ToolResult = { outcome, error: { code, message: "no place is called *Tokyo*" } };
    const { step } = await answerTo("time in Tokyo and 2+2", [result, completed({ value: 4 })]);
    expect(step.text.split("\n\n")[0]).toBe(text);
    expect(step.reasoning).toBe("1 of 2 calls did not complete; I say so.");
  });

  test("a call without any result is not taken for done", async () => {
    const { step } = await say([
      ...person("2+2"),
      { role: "assistant", text: "", toolCalls: [{ callId: "call_test00000", tool: "calculate", input: {} }] },
    ]);
    expect(step.text).toContain("Nobody can know whether `calculate` ran");
  });
});

describe("only tools that are offered are called", () => {
  test("a request that needs another is answered with its name", async () => {
    const { step } = await say(person("what is 2+2"), { tools: [] });
    expect(step).toMatchObject({
      toolCalls: [],
      text: "I would need the tool `calculate`, which is not offered here.",
    });
  });

  test("what is missing and what is not understood is said after the results", async () => {
    const offered = tools.filter((tool) => tool.name === "calculate");
    const first = await say(person("2+2, time in Tokyo and what is love"), { tools: offered });
    expect(first.step.toolCalls).toMatchObject([{ tool: "calculate" }]);
    const call = { callId: "call_test00000", tool: "calculate", input: { expression: "2+2" } };
    const { step } = await say(
      [
        ...person("2+2, time in Tokyo and what is love"),
        { role: "assistant", text: "", toolCalls: [call], providerData: first.step.record },
        { role: "tool", callId: call.callId, tool: call.tool, result: completed({ value: 4 }) },
      ],
      { tools: offered },
    );
    expect(step.text.split("\n\n").slice(-2)).toEqual([
      "I would need the tool `world_clock`, which is not offered here.",
      'I did not understand "what is love".',
    ]);
  });

  test("except by hand: the dispatcher refuses it, where everybody sees it", async () => {
    const { step } = await say(person("/tool drop_tables now=true"));
    expect(step.toolCalls).toMatchObject([{ tool: "drop_tables", input: { value: { now: true } } }]);
  });
});

describe("what it says about itself", () => {
  const variables = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL"];

  test.each(["hello", "who are you?", "/help", "what is the capital of France?", ""])(
    "%o: that it is no language model, and how to have one",
    async (text) => {
      const { step } = await say(person(text));
      expect(step.text).toContain("no language model");
      for (const variable of variables) expect(step.text).toContain(variable);
    },
  );

  test.each(["thanks", "bye", "/tools", "count to 3"])("%o: nothing of that", async (text) => {
    const { step } = await say(person(text));
    for (const variable of variables) expect(step.text).not.toContain(variable);
  });

  test("/help names what the offered tools can do, and how to have a long answer to stop or reload", async () => {
    const { step } = await say(person("/help"), { tools: tools.filter((tool) => tool.name === "calculate") });
    expect(step.text).toContain("15% of 80");
    expect(step.text).not.toContain("Tokyo");
    expect(step.text).toContain('"count to 200", "count to 50 slowly", "tell me a long story"');
  });

  test("/tools lists every offered tool with its inputs", async () => {
    const { step } = await say(person("/tools"));
    expect(step.text).toContain("- **parse_date** — Does parse_date. Input: `text: string`, `timeZone?: string`.");
    expect(step.text).toContain("- **note_list** — Does note_list. No input.");
    expect(step.text.match(/^- /gm)).toHaveLength(tools.length);
  });
});

describe("a long answer", () => {
  test("counts to a number, and never further than ten thousand", async () => {
    expect((await say(person("count to 5"))).step.text).toBe("1, 2, 3, 4, 5.");
    const { step } = await say(person("count from 1 to 999999999"));
    expect(step.text).toMatch(/^1, 2, .* 10000 … and here I stop: I count 10000 numbers at most\.$/);
  });

  test("or a story whose chapters are numbered, so that a missing or repeated one shows", async () => {
    const { step } = await say(person("tell me a long story"));
    const chapters = [...step.text.matchAll(/Chapter (\d+) of 40/g)].map((match) => Number(match[1]));
    expect(chapters).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(step.text.length).toBeGreaterThan(10_000);
  });
});

describe("pace", () => {
  async function durationOf(text: string, chunkDelayMs?: number): Promise<{ words: number; virtualMs: number }> {
    const clock = new VirtualClock();
    const paced = new LocalLanguageModel({ clock, ...(chunkDelayMs === undefined ? {} : { chunkDelayMs }) });
    let ended = false;
    const said = say(person(text), { model: paced, clock }).finally(() => {
      ended = true;
    });
    // The timer of silence is one; a word that is waited for is the other.
    while (!ended) await clock.advance(1);
    const { texts, thoughts } = await said;
    return { words: texts.length + thoughts.length, virtualMs: clock.monotonic() };
  }

  test("a word every 12 ms by default", async () => {
    const { words, virtualMs } = await durationOf("thanks");
    expect(virtualMs).toBe(words * 12);
  });

  test("is set in milliseconds", async () => {
    const { words, virtualMs } = await durationOf("thanks", 5);
    expect(virtualMs).toBe(words * 5);
  });

  test("is a tenth for what is said slowly", async () => {
    const quick = await durationOf("count to 4", 3);
    const slow = await durationOf("count to 4 slowly", 3);
    expect(slow.virtualMs - quick.virtualMs).toBe(4 * 3 * 9);
  });

  test("a wait ends when the step is aborted", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const paced = new LocalLanguageModel({ clock, chunkDelayMs: 1_000 });
    const step = streamModelStep({
      model: paced,
      instructions: "",
      messages: person("hello"),
      tools,
      signal: controller.signal,
      idleTimeoutMs: 60_000,
      clock,
      onText: () => undefined,
      onReasoning: () => undefined,
    });
    await vi.waitUntil(() => clock.pending === 2);
    controller.abort();
    expect(await step).toEqual({ kind: "aborted" });
    await vi.waitUntil(() => clock.pending === 0);
  });
});

describe("it is a language model of the AI SDK", () => {
  test("for generateText too", async () => {
    const { text, reasoningText } = await generateText({ model, prompt: "thanks" });
    expect([text, reasoningText]).toEqual(["You are welcome.", "This I can answer without a tool."]);
  });

  test("says the same by stream and at once", async () => {
    const prompt: LanguageModelV4Prompt = [
      { role: "user", content: [{ type: "text", text: "12*7 and time in Oslo" }] },
    ];
    const options = {
      prompt,
      tools: tools.map(({ name, inputJsonSchema }) => ({
        type: "function" as const,
        name,
        inputSchema: inputJsonSchema,
      })),
    };
    const { content, finishReason } = await model.doGenerate(options);
    const { stream } = await model.doStream(options);
    const parts = [];
    for await (const part of stream) parts.push(part);
    const calls = content.filter((part) => part.type === "tool-call");
    expect(calls).toHaveLength(2);
    expect(parts.filter((part) => part.type === "tool-call")).toEqual(calls);
    expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason });
  });
});

test("a stream that was aborted ends without a finish", async () => {
  const controller = new AbortController();
  const prompt: LanguageModelV4Prompt = [{ role: "user", content: [{ type: "text", text: "count to 100" }] }];
  const { stream } = await model.doStream({ prompt, abortSignal: controller.signal });
  const types: string[] = [];
  for await (const part of stream) {
    types.push(part.type);
    if (part.type === "text-delta") controller.abort();
  }
  expect(types).not.toContain("finish");
  // One more may have been on its way.
  expect(types.filter((type) => type === "text-delta").length).toBeLessThanOrEqual(2);
});

const anyResult: fc.Arbitrary<ToolResult> = fc.oneof(
  fc.jsonValue().map((output) => completed(output as JsonValue)),
  fc.record({
    outcome: fc.constantFrom("failed", "denied", "cancelled", "unknown"),
    error: fc.record({ code: fc.constant("tool_failed" as const), message: fc.string() }),
  }),
);

const anyMessage = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "what time is it in",
          "Tokyo",
          "12*7",
          "note",
          ":",
          "/tool",
          "/",
          "search",
          "count to",
          "10 km",
          "in",
        ),
        fc.constantFrom(
          "miles",
          "and",
          ",",
          "?",
          "delete note",
          "story",
          "hello",
          '"',
          "{",
          "when is",
          "%",
          "slowly",
          "99999",
        ),
        fc.string({ maxLength: 8 }),
      ),
      { maxLength: 12 },
    )
    .map((words) => words.join(" ")),
);

test("any message and any results end in a finished step that says something or calls, the same every time", async () => {
  await fc.assert(
    fc.asyncProperty(anyMessage, fc.array(anyResult, { minLength: 8, maxLength: 8 }), async (text, results) => {
      const { step } = await say(person(text));
      expect(await say(person(text))).toMatchObject({ step });
      expect(step.text !== "" || step.toolCalls.length > 0).toBe(true);
      for (const call of step.toolCalls)
        expect(tools.some(({ name }) => name === call.tool) || text.includes("/")).toBe(true);
      if (step.toolCalls.length === 0) return;
      const answer = await answerTo(text, results.slice(0, step.toolCalls.length));
      expect(answer.step.toolCalls).toEqual([]);
      expect(answer.step.text).not.toBe("");
    }),
    { numRuns: 200 },
  );
}, 60_000);
