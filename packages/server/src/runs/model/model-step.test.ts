import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4 } from "@ai-sdk/provider";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type ChatAction,
  type ChatAnswer,
  type ChatCompletionsServer,
  startChatCompletionsServer,
} from "../../../../../tests/support/chat-completions-server.ts";
import { VirtualClock } from "../../../../../tests/support/virtual-clock.ts";
import { systemClock } from "../../base/clock.ts";
import type { ConversationMessage } from "../agent.ts";
import { type ModelStep, type ModelStepRequest, type ModelTool, streamModelStep } from "./model-step.ts";

const apiKey = "sk-test-0123456789abcdef";
const question: ConversationMessage = { role: "user", text: "hello" };
const calculate: ModelTool = {
  name: "calculate",
  description: "Calculates.",
  inputJsonSchema: { type: "object", properties: { expression: { type: "string" } }, required: ["expression"] },
};

interface Call {
  readonly server: ChatCompletionsServer;
  readonly texts: string[];
  readonly thoughts: string[];
  readonly step: Promise<ModelStep>;
}

/** One step against a server that answers the first request with `actions`, or requests in order with `answers`. */
async function call(
  script: { readonly actions: readonly ChatAction[] } | readonly ChatAnswer[],
  options: Partial<ModelStepRequest> = {},
): Promise<Call> {
  const server = await startChatCompletionsServer({ script: "actions" in script ? [script] : script });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, ...stepOf(modelAt(server.baseUrl), options) };
}

function modelAt(baseURL: string): LanguageModelV4 {
  return createOpenAICompatible({ name: "test", baseURL, apiKey, includeUsage: true })("test-model");
}

function stepOf(model: LanguageModelV4, options: Partial<ModelStepRequest>): Omit<Call, "server"> {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const step = streamModelStep({
    model,
    instructions: "Be brief.",
    messages: [question],
    tools: [],
    signal: new AbortController().signal,
    idleTimeoutMs: 30_000,
    clock: systemClock,
    onText: (text) => texts.push(text),
    onReasoning: (text) => thoughts.push(text),
    ...options,
  });
  return { texts, thoughts, step };
}

const answered: ChatAnswer = { actions: [{ text: "here" }, { finish: "stop" }] };
const overloaded: ChatAnswer = { status: 503, body: { error: { message: "overloaded" } } };

describe("an answer", () => {
  test("streams text piece by piece and reports what it cost", async () => {
    const { server, step, texts } = await call({
      actions: [
        { text: "Hello" },
        { text: ", " },
        { text: "world" },
        { finish: "stop" },
        { usage: { inputTokens: 7, outputTokens: 3 } },
      ],
    });
    expect(await step).toEqual({
      kind: "finished",
      text: "Hello, world",
      toolCalls: [],
      finishReason: "stop",
      usage: { inputTokens: 7, outputTokens: 3 },
      record: null,
    });
    expect(texts).toEqual(["Hello", ", ", "world"]);
    expect(server.requests.map((request) => request.body)).toMatchObject([
      {
        model: "test-model",
        stream: true,
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "hello" },
        ],
      },
    ]);
  });

  test("reaches the caller before it is complete", async () => {
    const seen = Promise.withResolvers<void>();
    const { step, texts } = await call(
      { actions: [{ text: "first" }, { until: seen.promise }, { text: " second" }, { finish: "stop" }] },
      // Without streaming nobody would let the server go on, and the step would never end.
      { onText: () => seen.resolve() },
    );
    expect(await step).toMatchObject({ kind: "finished", text: "first second" });
    expect(texts).toEqual([]);
  });

  test("keeps visible thoughts apart from the text, and in the record", async () => {
    const { step, thoughts } = await call({
      actions: [{ reasoning: "They greet" }, { reasoning: " me." }, { text: "Hello." }, { finish: "stop" }],
    });
    expect(await step).toEqual({
      kind: "finished",
      text: "Hello.",
      reasoning: "They greet me.",
      toolCalls: [],
      finishReason: "stop",
      record: {
        provider: "test.chat",
        parts: [
          { type: "reasoning", text: "They greet me." },
          { type: "text", text: "Hello." },
        ],
      },
    });
    expect(thoughts).toEqual(["They greet", " me."]);
  });

  test("puts a gap between two blocks of thoughts", async () => {
    const { step } = await call({
      actions: [{ reasoning: "One." }, { text: "A" }, { reasoning: "Two." }, { text: " b" }, { finish: "stop" }],
    });
    expect(await step).toMatchObject({ text: "A b", reasoning: "One.\n\nTwo." });
  });

  test("says so when it was cut at the model's limit", async () => {
    const { step } = await call({ actions: [{ text: "Once upon" }, { finish: "length" }] });
    expect(await step).toMatchObject({ kind: "finished", text: "Once upon", finishReason: "length" });
  });

  test("may be empty", async () => {
    const { step } = await call({ actions: [{ finish: "stop" }] });
    expect(await step).toMatchObject({ kind: "finished", text: "", toolCalls: [], finishReason: "stop" });
  });

  test("prints nothing, whatever the provider warns of or refuses", async () => {
    const written = vi.spyOn(process.stderr, "write");
    const warned = vi.spyOn(process, "emitWarning");
    const printed = vi.spyOn(console, "error");
    onTestFinished(() => void vi.restoreAllMocks());
    const { step } = await call([{ status: 400, body: { error: { message: "no" } } }]);
    await step;
    const warning = partsModel([
      { type: "stream-start", warnings: [{ type: "other", message: "old setting" }] },
      { type: "text-start", id: "1" },
      { type: "text-end", id: "1" },
      { type: "finish", finishReason: { unified: "stop", raw: undefined }, usage },
    ]);
    expect(await stepOf(warning, {}).step).toMatchObject({ kind: "finished" });
    expect([...written.mock.calls, ...warned.mock.calls, ...printed.mock.calls]).toEqual([]);
  });
});

describe("tool calls", () => {
  const parallel: ChatAction[] = [
    { text: "Let me see." },
    { toolCall: { index: 0, id: "one", name: "calculate", arguments: '{"expr' } },
    { toolCall: { index: 1, id: "two", name: "calculate", arguments: "" } },
    { toolCall: { index: 0, arguments: 'ession":"1+1"}' } },
    { toolCall: { index: 1, arguments: '{"expression":"2*3"}' } },
    { finish: "tool_calls" },
  ];

  test("are joined from fragments, in order, and end the step without running anything", async () => {
    const { server, step } = await call({ actions: parallel }, { tools: [calculate] });
    expect(await step).toEqual({
      kind: "finished",
      text: "Let me see.",
      toolCalls: [
        { modelCallId: "one", tool: "calculate", input: { value: { expression: "1+1" } } },
        { modelCallId: "two", tool: "calculate", input: { value: { expression: "2*3" } } },
      ],
      finishReason: "tool-calls",
      record: {
        provider: "test.chat",
        parts: [
          { type: "text", text: "Let me see." },
          { type: "call", modelCallId: "one", tool: "calculate", input: { expression: "1+1" } },
          { type: "call", modelCallId: "two", tool: "calculate", input: { expression: "2*3" } },
        ],
      },
    });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.body.tools).toMatchObject([
      {
        type: "function",
        function: { name: "calculate", description: "Calculates.", parameters: calculate.inputJsonSchema },
      },
    ]);
  });

  test("and their results go back under the ids that the model gave, from a record that was stored", async () => {
    const first = await call({ actions: parallel }, { tools: [calculate] });
    const step = await first.step;
    if (step.kind !== "finished") throw new Error("expected an answer");
    const [one, two] = step.toolCalls.map((asked, index) => ({
      callId: `call_ours0000${index}`,
      tool: asked.tool,
      input: "value" in asked.input ? asked.input.value : {},
    }));
    if (one === undefined || two === undefined) throw new Error("expected two calls");
    const error = { code: "tool_failed", message: "no such number" } as const;
    const second = await call([answered], {
      tools: [calculate],
      messages: [
        question,
        {
          role: "assistant",
          text: step.text,
          toolCalls: [one, two],
          providerData: JSON.parse(JSON.stringify(step.record)),
        },
        { role: "tool", callId: two.callId, tool: two.tool, result: { outcome: "failed", error } },
        { role: "tool", callId: one.callId, tool: one.tool, result: { outcome: "completed", output: { value: 2 } } },
      ],
    });
    expect(await second.step).toMatchObject({ kind: "finished", text: "here" });
    expect(second.server.requests[0]?.body.messages.slice(2)).toMatchObject([
      {
        role: "assistant",
        content: "Let me see.",
        tool_calls: [
          { id: "one", function: { name: "calculate", arguments: '{"expression":"1+1"}' } },
          { id: "two", function: { name: "calculate", arguments: '{"expression":"2*3"}' } },
        ],
      },
      { role: "tool", tool_call_id: "one", content: '{"value":2}' },
      {
        role: "tool",
        tool_call_id: "two",
        content: '{"outcome":"failed","code":"tool_failed","message":"no such number"}',
      },
    ]);
  });

  test("whose arguments are not JSON come with what was written", async () => {
    const { step } = await call(
      {
        actions: [
          { toolCall: { index: 0, id: "one", name: "calculate", arguments: '{"expression": ' } },
          { finish: "tool_calls" },
        ],
      },
      { tools: [calculate] },
    );
    expect(await step).toMatchObject({
      kind: "finished",
      toolCalls: [{ modelCallId: "one", tool: "calculate", input: { invalid: '{"expression": ' } }],
      record: { parts: [{ type: "call", modelCallId: "one", input: {} }] },
    });
  });

  test("are not checked here: neither their input nor whether the tool was offered", async () => {
    const { step } = await call(
      {
        actions: [
          { toolCall: { index: 0, id: "one", name: "calculate", arguments: '{"unexpected":[1]}' } },
          { toolCall: { index: 1, id: "two", name: "__proto__", arguments: "{}" } },
          { toolCall: { index: 2, id: "three", name: "calculate", arguments: "" } },
          { finish: "stop" },
        ],
      },
      { tools: [calculate] },
    );
    expect(await step).toMatchObject({
      kind: "finished",
      toolCalls: [
        { tool: "calculate", input: { value: { unexpected: [1] } } },
        { tool: "__proto__", input: { value: {} } },
        { tool: "calculate", input: { value: {} } },
      ],
    });
  });

  test.each(["length", "content_filter"] as const)("are not handed on when the answer ended by %s", async (finish) => {
    const { step } = await call(
      { actions: [{ toolCall: { index: 0, id: "one", name: "calculate", arguments: "{}" } }, { finish }] },
      { tools: [calculate] },
    );
    expect(await step).toMatchObject({ kind: "failed", code: "model_failed" });
  });
});

describe("a failure", () => {
  test("401: the credential is refused, and nothing of it is repeated", async () => {
    const message = `Incorrect API key provided: ${apiKey}.`;
    const { server, step } = await call([{ status: 401, body: { error: { message, code: "invalid_api_key" } } }]);
    expect(await step).toMatchObject({
      kind: "failed",
      code: "model_unauthorized",
      message:
        "unable to get an answer from the model; it refused the credential (status 401); check the key of the model",
      retryable: false,
    });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.authorization).toBe(`Bearer ${apiKey}`);
  });

  test("400: the provider's reason is passed on, without keys and addresses", async () => {
    const message = `context too long; see https://example.test/?key=abc and ${apiKey}, Bearer abc`;
    const { step } = await call([{ status: 400, body: { error: { message } } }]);
    expect(await step).toMatchObject({
      code: "model_failed",
      message:
        'unable to get an answer from the model; it refused the request (status 400): "context too long; see [removed] and [removed], [removed]"',
      retryable: false,
    });
  });

  test.each([
    [404, {}, "model_failed", false],
    [402, {}, "model_unavailable", false],
    [429, { code: "insufficient_quota" }, "model_unavailable", false],
  ] as const)("%i %o: %s, not tried again", async (status, extra, code, retryable) => {
    const { server, step } = await call([{ status, body: { error: { message: "no", ...extra } } }]);
    expect(await step).toMatchObject({ kind: "failed", code, retryable });
    expect(server.requests).toHaveLength(1);
  });

  test("a connection that breaks in the middle is no answer and is not tried again", async () => {
    const { server, step, texts } = await call({ actions: [{ text: "The answer is 4" }, "cut"] });
    expect(await step).toMatchObject({
      kind: "failed",
      code: "model_unavailable",
      message: "unable to get an answer from the model; the answer broke off before its end",
      retryable: true,
    });
    // The errors behind it carry the conversation and are not handed on.
    expect(JSON.stringify(await step)).not.toContain("hello");
    expect(texts).toEqual(["The answer is 4"]);
    expect(server.requests).toHaveLength(1);
  });

  test("a response that ends in order but without saying that it is complete is no answer", async () => {
    const { step } = await call({ actions: [{ text: "The answer is 4" }, "end"] });
    expect(await step).toMatchObject({ kind: "failed", code: "model_unavailable", retryable: true });
  });

  test("an error in the stream is no answer, even if the provider goes on to finish", async () => {
    const { step } = await call({
      actions: [
        { text: "The" },
        { raw: 'data: {"error":{"message":"it broke"}}\n\n' },
        { text: " end" },
        { finish: "stop" },
      ],
    });
    expect(await step).toMatchObject({
      kind: "failed",
      code: "model_failed",
      message: 'unable to get an answer from the model; it reported an error: "it broke"',
    });
  });

  test("events that are not JSON", async () => {
    const { step } = await call({ actions: [{ text: "The" }, { raw: "data: {]\n\n" }, { finish: "stop" }] });
    expect(await step).toMatchObject({ kind: "failed", code: "model_failed", retryable: false });
  });

  test("output beyond the limit ends the call", async () => {
    const { server, step } = await call(
      { actions: [{ text: "12345" }, { text: "67890" }, { text: "!" }, "hang"] },
      { outputCharactersMax: 10 },
    );
    expect(await step).toMatchObject({ kind: "failed", code: "answer_too_large", retryable: false });
    await server.closed(0);
  });

  test("of the caller's own callback is thrown on, and the provider is left", async () => {
    const failure = new Error("log is full");
    const { server, step } = await call(
      { actions: [{ text: "Hello" }, "hang"] },
      {
        onText: () => {
          throw failure;
        },
      },
    );
    await expect(step).rejects.toBe(failure);
    await server.closed(0);
  });
});

describe("silence", () => {
  test("before the first part fails the step after idleTimeoutMs and leaves the provider", async () => {
    const clock = new VirtualClock();
    const { server, step } = await call({ actions: ["hang"] }, { clock, idleTimeoutMs: 5_000 });
    await vi.waitUntil(() => server.requests.length === 1);
    await clock.advance(5_000);
    expect(await step).toMatchObject({
      kind: "failed",
      code: "model_unavailable",
      message: "unable to get an answer from the model; it was silent for 5000 ms",
      retryable: true,
    });
    await server.closed(0);
    expect(server.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test("is measured from the last sign of life", async () => {
    const clock = new VirtualClock();
    const gate = Promise.withResolvers<void>();
    const { step, texts } = await call(
      { actions: [{ text: "a" }, { until: gate.promise }, { text: "b" }, "hang"] },
      { clock, idleTimeoutMs: 5_000 },
    );
    await vi.waitUntil(() => texts.length === 1);
    await clock.advance(4_999);
    gate.resolve();
    await vi.waitUntil(() => texts.length === 2);
    await clock.advance(4_999);
    expect(await Promise.race([step, "still waiting"])).toBe("still waiting");
    await clock.advance(1);
    expect(await step).toMatchObject({ kind: "failed", code: "model_unavailable" });
  });
});

describe("a retry", () => {
  test("is made twice while nothing of an answer has arrived, with growing waits", async () => {
    const clock = new VirtualClock();
    const { server, step } = await call([overloaded, overloaded, answered], { clock, random: () => 0 });
    await vi.waitUntil(() => server.requests.length === 1);
    await vi.waitUntil(() => clock.pending === 1);
    await clock.advance(249);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    await vi.waitUntil(() => server.requests.length === 2);
    await vi.waitUntil(() => clock.pending === 1);
    await clock.advance(1_000);
    expect(await step).toMatchObject({ kind: "finished", text: "here" });
  });

  test("gives up after the second", async () => {
    const { server, step } = await call([overloaded, overloaded, overloaded], { clock: impatientClock() });
    expect(await step).toMatchObject({ kind: "failed", code: "model_unavailable", retryable: true });
    expect(server.requests).toHaveLength(3);
  });

  test("waits as long as the provider asks", async () => {
    const waits: number[] = [];
    const busy: ChatAnswer = { status: 429, headers: { "retry-after": "7" }, body: { error: { message: "slow" } } };
    const { step } = await call([busy, answered], { clock: impatientClock(waits) });
    expect(await step).toMatchObject({ kind: "finished" });
    expect(waits).toContain(7_000);
  });

  test("is not made when the provider asks for more than ten seconds", async () => {
    const busy: ChatAnswer = { status: 429, headers: { "retry-after": "60" }, body: { error: { message: "slow" } } };
    const { server, step } = await call([busy, answered]);
    expect(await step).toMatchObject({ code: "model_unavailable", retryable: true, retryAfterMs: 60_000 });
    expect(server.requests).toHaveLength(1);
  });

  test("follows a refused connection", async () => {
    const { baseUrl } = await closedServer();
    const { step } = stepOf(modelAt(baseUrl), { clock: impatientClock() });
    expect(await step).toMatchObject({
      kind: "failed",
      code: "model_unavailable",
      message: "unable to get an answer from the model; no connection to it (ECONNREFUSED)",
      retryable: true,
    });
  });
});

describe("an abort", () => {
  test("in mid-stream ends the step as aborted and leaves the provider", async () => {
    const controller = new AbortController();
    const { server, step, texts } = await call(
      { actions: [{ text: "Hello" }, "hang"] },
      { signal: controller.signal, onText: () => controller.abort() },
    );
    expect(await step).toEqual({ kind: "aborted" });
    expect(texts).toEqual([]);
    await server.closed(0);
  });

  test("before the call makes none", async () => {
    const { server, step } = await call([answered], { signal: AbortSignal.abort() });
    expect(await step).toEqual({ kind: "aborted" });
    expect(server.requests).toEqual([]);
  });

  test("ends the wait for a retry", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const { server, step } = await call([overloaded, answered], { clock, signal: controller.signal });
    await vi.waitUntil(() => server.requests.length === 1 && clock.pending === 1);
    controller.abort();
    expect(await step).toEqual({ kind: "aborted" });
    expect(server.requests).toHaveLength(1);
  });

  test.each(["doStream", "stream"] as const)(
    "does not wait for a provider that ignores it in its %s",
    async (where) => {
      const controller = new AbortController();
      const deaf: LanguageModelV4 = {
        ...partsModel([]),
        doStream: () =>
          where === "doStream" ? new Promise(() => undefined) : Promise.resolve({ stream: new ReadableStream() }),
      };
      const { step } = stepOf(deaf, { signal: controller.signal });
      setImmediate(() => controller.abort());
      expect(await step).toEqual({ kind: "aborted" });
    },
  );

  test("leaves no listener behind", async () => {
    const controller = new AbortController();
    const added = vi.spyOn(controller.signal, "addEventListener");
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    const { step } = await call([answered], { signal: controller.signal });
    await step;
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  });
});

const usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

type StreamPart =
  Awaited<ReturnType<LanguageModelV4["doStream"]>>["stream"] extends ReadableStream<infer Part> ? Part : never;

function streamOf(parts: readonly StreamPart[]): ReadableStream<StreamPart> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

/** For what no chat completions server does. */
function partsModel(parts: readonly StreamPart[]): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    provider: "parts",
    modelId: "parts",
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error("not called")),
    doStream: () => Promise.resolve({ stream: streamOf(parts) }),
  };
}

test("a stream that the provider calls interrupted is no answer", async () => {
  const model = partsModel([
    { type: "text-start", id: "1" },
    { type: "text-delta", id: "1", delta: "half" },
    { type: "text-end", id: "1" },
    { type: "finish", finishReason: { unified: "interrupted", raw: undefined }, usage },
  ]);
  expect(await stepOf(model, {}).step).toMatchObject({ kind: "failed", code: "model_unavailable" });
});

test("signatures of thoughts survive storage and go back to the provider that wrote them, and to no other", async () => {
  const model = partsModel([
    { type: "reasoning-start", id: "1" },
    { type: "reasoning-delta", id: "1", delta: "hm" },
    { type: "reasoning-end", id: "1", providerMetadata: { parts: { signature: "s1" } } },
    {
      type: "tool-call",
      toolCallId: "m1",
      toolName: "calculate",
      input: "{}",
      providerMetadata: { parts: { id: "x" } },
    },
    { type: "finish", finishReason: { unified: "tool-calls", raw: undefined }, usage },
  ]);
  const step = await stepOf(model, { tools: [calculate] }).step;
  if (step.kind !== "finished") throw new Error("expected an answer");
  const messages: ConversationMessage[] = [
    question,
    {
      role: "assistant",
      text: "",
      toolCalls: [{ callId: "call_ours00000", tool: "calculate", input: {} }],
      providerData: JSON.parse(JSON.stringify(step.record)),
    },
    { role: "tool", callId: "call_ours00000", tool: "calculate", result: { outcome: "completed", output: 4 } },
  ];
  const prompts: unknown[] = [];
  const recorder = (provider: string): LanguageModelV4 => ({
    ...partsModel([]),
    provider,
    doStream(options) {
      prompts.push(JSON.parse(JSON.stringify(options.prompt.slice(2))));
      return Promise.reject(new Error("seen"));
    },
  });
  await stepOf(recorder("parts"), { messages }).step;
  await stepOf(recorder("other"), { messages }).step;
  const result = { type: "tool-result", toolName: "calculate", output: { type: "json", value: 4 } };
  expect(prompts).toEqual([
    [
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "hm", providerOptions: { parts: { signature: "s1" } } },
          {
            type: "tool-call",
            toolCallId: "m1",
            toolName: "calculate",
            input: {},
            providerOptions: { parts: { id: "x" } },
          },
        ],
      },
      { role: "tool", content: [{ ...result, toolCallId: "m1" }] },
    ],
    [
      {
        role: "assistant",
        content: [{ type: "tool-call", toolCallId: "call_ours00000", toolName: "calculate", input: {} }],
      },
      { role: "tool", content: [{ ...result, toolCallId: "call_ours00000" }] },
    ],
  ]);
});

test("a conversation that was cut, and runs that ended in the middle, can be continued", async () => {
  const { server, step } = await call([answered], {
    instructions: "",
    messages: [
      { role: "tool", callId: "call_lost00000", tool: "calculate", result: { outcome: "completed", output: 1 } },
      question,
      {
        role: "assistant",
        text: "",
        toolCalls: [{ callId: "call_open00000", tool: "calculate", input: "not an object" }],
        providerData: { provider: "test.chat", parts: "of another form" },
      },
      question,
      { role: "assistant", text: "", toolCalls: [] },
      question,
    ],
  });
  expect(await step).toMatchObject({ kind: "finished" });
  const asked = { id: "call_open00000", type: "function", function: { name: "calculate", arguments: "{}" } };
  const unknown = { outcome: "unknown", code: "outcome_unknown", message: "no result of this call was recorded" };
  expect(server.requests[0]?.body.messages).toEqual([
    { role: "user", content: "hello" },
    { role: "assistant", content: null, tool_calls: [asked] },
    { role: "tool", tool_call_id: "call_open00000", content: JSON.stringify(unknown) },
    { role: "user", content: "hello" },
    { role: "user", content: "hello" },
  ]);
});

/** Time passes as soon as somebody waits for it, except for silence. */
function impatientClock(waits: number[] = []): typeof systemClock {
  return {
    ...systemClock,
    schedule(delayMs, callback) {
      if (delayMs === 30_000) return systemClock.schedule(delayMs, callback);
      waits.push(delayMs);
      return systemClock.schedule(0, callback);
    },
  };
}

async function closedServer(): Promise<ChatCompletionsServer> {
  const server = await startChatCompletionsServer({ script: [] });
  await server[Symbol.asyncDispose]();
  return server;
}
