import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type ChatCompletionsServer,
  type ChatCompletionsServerOptions,
  startChatCompletionsServer,
} from "../../../../../tests/support/chat-completions-server.ts";
import { VirtualClock } from "../../../../../tests/support/virtual-clock.ts";
import { systemClock } from "../../base/clock.ts";
import { LocalLanguageModel } from "./local/local-language-model.ts";
import { type ChosenModel, chooseModel, type ModelEnvironment, type ModelSettings } from "./model-choice.ts";
import { ModelConfigError } from "./model-config-error.ts";
import { type ModelStep, streamModelStep } from "./model-step.ts";

function choose(env: ModelEnvironment, config?: ModelSettings): Promise<ChosenModel> {
  return chooseModel({ env, config, clock: systemClock });
}

async function chatServer(options: Partial<ChatCompletionsServerOptions> = {}): Promise<ChatCompletionsServer> {
  const script = () => ({ actions: [{ text: "here" }, { finish: "stop" }] }) as const;
  const server = await startChatCompletionsServer({ script, ...options });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

function ask({ model }: ChosenModel): Promise<ModelStep> {
  return streamModelStep({
    model,
    instructions: "",
    messages: [{ role: "user", text: "hello" }],
    tools: [],
    signal: new AbortController().signal,
    idleTimeoutMs: 30_000,
    clock: systemClock,
    onText: () => undefined,
    onReasoning: () => undefined,
  });
}

describe("the order", () => {
  const all = {
    OPENAI_BASE_URL: "http://127.0.0.1:1/v1",
    OPENAI_MODEL: "m",
    OPENAI_API_KEY: "sk-1",
    ANTHROPIC_API_KEY: "sk-2",
  };

  test.each([
    ["settings", all, { provider: "local" }, "throughline.local"],
    ["OPENAI_BASE_URL", all, undefined, "openaiCompatible.chat"],
    ["OPENAI_API_KEY", { ...all, OPENAI_BASE_URL: "" }, undefined, "openai.responses"],
    ["ANTHROPIC_API_KEY", { ANTHROPIC_API_KEY: "sk-2" }, undefined, "anthropic.messages"],
    ["the local assistant", { OPENAI_API_KEY: " " }, undefined, "throughline.local"],
    ["the local assistant on request", { ...all, THROUGHLINE_MODEL: "local" }, undefined, "throughline.local"],
  ] as const)("%s", async (_, env, config, provider) => {
    expect((await choose(env, config)).model.provider).toBe(provider);
  });

  test("a model object of the program comes first and is taken as it is", async () => {
    const model = new LocalLanguageModel({ clock: systemClock });
    expect(await choose(all, model)).toEqual({
      model,
      name: "local-assistant",
      description: "model: local-assistant, given by the program",
    });
  });
});

describe("the name of the model", () => {
  test.each([
    [{ OPENAI_API_KEY: "sk-1" }, "gpt-6-luna"],
    [{ OPENAI_API_KEY: "sk-1", OPENAI_MODEL: "a" }, "a"],
    [{ OPENAI_API_KEY: "sk-1", OPENAI_MODEL: "a", THROUGHLINE_MODEL: "b" }, "b"],
    [{ ANTHROPIC_API_KEY: "sk-1" }, "claude-sonnet-5-5"],
    [{ ANTHROPIC_API_KEY: "sk-1", THROUGHLINE_MODEL: "b" }, "b"],
    [{ OPENAI_BASE_URL: "http://127.0.0.1:1/v1", OPENAI_MODEL: "a" }, "a"],
  ])("%o: %s", async (env, name) => {
    const chosen = await choose(env);
    expect([chosen.name, chosen.model.modelId]).toEqual([name, name]);
  });

  test("is the first that the server lists when none is given, and the start-up line says so", async () => {
    const server = await chatServer({ models: ["nomic-embed-text", "llama-one", "qwen-two"] });
    const chosen = await choose({ OPENAI_BASE_URL: `${server.baseUrl}/` });
    expect([chosen.name, chosen.description]).toEqual([
      "llama-one",
      `model: llama-one at ${server.baseUrl}, the first of 2 that it lists; choose another with THROUGHLINE_MODEL`,
    ]);
    expect(await ask(chosen)).toMatchObject({ kind: "finished", text: "here" });
    expect(server.requests[0]).toMatchObject({ authorization: undefined, body: { model: "llama-one" } });
  });
});

describe("the start-up line", () => {
  test("of the local assistant says what it is and how to have a real model", async () => {
    expect((await choose({})).description).toBe(
      "model: the local assistant, which is no language model; for a real one set OPENAI_API_KEY, ANTHROPIC_API_KEY or OPENAI_BASE_URL (Ollama, LM Studio, vLLM) and start again",
    );
  });

  test.each([
    [{ OPENAI_API_KEY: "sk-secret" }, "model: gpt-6-luna by OpenAI; choose another with THROUGHLINE_MODEL"],
    [
      { ANTHROPIC_API_KEY: "sk-secret" },
      "model: claude-sonnet-5-5 by Anthropic; choose another with THROUGHLINE_MODEL",
    ],
    [
      { OPENAI_BASE_URL: "http://localhost:1/v1", OPENAI_API_KEY: "sk-secret", OPENAI_MODEL: "m" },
      "model: m at http://localhost:1/v1; choose another with THROUGHLINE_MODEL",
    ],
  ])("%o", async (env, description) => {
    expect((await choose(env)).description).toBe(description);
  });
});

describe("settings that can not work are refused at start-up, with what to do", () => {
  test.each([
    [
      { OPENAI_BASE_URL: "localhost:11434", OPENAI_MODEL: "m" },
      "OPENAI_BASE_URL is not an http or https URL; set it to one such as http://localhost:11434/v1",
    ],
    [
      { OPENAI_BASE_URL: "http://me:pw@localhost/v1", OPENAI_MODEL: "m" },
      "OPENAI_BASE_URL has more than an address in it; put a key into OPENAI_API_KEY instead",
    ],
    [
      { OPENAI_BASE_URL: "http://localhost/v1?key=pw", OPENAI_MODEL: "m" },
      "OPENAI_BASE_URL has more than an address in it; put a key into OPENAI_API_KEY instead",
    ],
    [
      { OPENAI_API_KEY: "sk-1\nsk-2" },
      "OPENAI_API_KEY has spaces, line breaks or foreign letters in it; copy the key again",
    ],
    [
      { THROUGHLINE_MODEL: "gpt" },
      'THROUGHLINE_MODEL is "gpt" but nothing says where it runs; set OPENAI_BASE_URL, OPENAI_API_KEY or ANTHROPIC_API_KEY as well',
    ],
    [
      { THROUGHLINE_LOCAL_CHUNK_DELAY_MS: "fast" },
      'THROUGHLINE_LOCAL_CHUNK_DELAY_MS is "fast"; set it to a whole number from 0 to 60000',
    ],
  ])("%o", async (env, reason) => {
    await expect(choose(env)).rejects.toEqual(new ModelConfigError(reason));
  });

  test.each([
    ["openai-compatible", "no base URL; set OPENAI_BASE_URL"],
    ["openai", "no key; set OPENAI_API_KEY"],
    ["anthropic", "no key; set ANTHROPIC_API_KEY"],
  ] as const)("%s without what it needs", async (provider, reason) => {
    await expect(choose({}, { provider })).rejects.toEqual(new ModelConfigError(reason));
  });

  test("a server that refuses the key", async () => {
    const { baseUrl } = await chatServer({ models: "refuse" });
    await expect(choose({ OPENAI_BASE_URL: baseUrl })).rejects.toEqual(
      new ModelConfigError(`${baseUrl}/models refused the key (status 401); check OPENAI_API_KEY`),
    );
  });

  test("a base URL without its version", async () => {
    const origin = (await chatServer()).baseUrl.replace("/v1", "");
    await expect(choose({ OPENAI_BASE_URL: origin })).rejects.toThrow("the base URL usually ends in /v1");
  });

  test("a server that lists no model that chats", async () => {
    const { baseUrl } = await chatServer({ models: ["text-embedding-small"] });
    await expect(choose({ OPENAI_BASE_URL: baseUrl })).rejects.toThrow("lists no model that chats; load one, or name");
  });

  test("a server that is not there", async () => {
    const server = await chatServer();
    const { baseUrl } = await startChatCompletionsServer({ script: [] }).then(async (closed) => {
      await closed[Symbol.asyncDispose]();
      return closed;
    });
    expect(baseUrl).not.toBe(server.baseUrl);
    await expect(choose({ OPENAI_BASE_URL: baseUrl })).rejects.toThrow(
      `${baseUrl}/models is not reachable; start that server, or name a model with THROUGHLINE_MODEL or OPENAI_MODEL`,
    );
  });

  test("a server that does not answer", async () => {
    const clock = new VirtualClock();
    const { baseUrl } = await chatServer({ models: "hang" });
    const chosen = chooseModel({ env: { OPENAI_BASE_URL: baseUrl }, clock });
    const refused = expect(chosen).rejects.toThrow(
      `${baseUrl}/models did not answer within 3000 ms; start that server`,
    );
    await vi.waitUntil(() => clock.pending === 1);
    await clock.advance(3_000);
    await refused;
  });
});

test("a compatible server gets the key, and the answer comes back with what it cost", async () => {
  const server = await chatServer({
    script: [{ actions: [{ text: "here" }, { finish: "stop" }, { usage: { inputTokens: 2, outputTokens: 1 } }] }],
  });
  const chosen = await choose({ OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: "sk-key", THROUGHLINE_MODEL: "m" });
  expect(await ask(chosen)).toMatchObject({
    kind: "finished",
    text: "here",
    usage: { inputTokens: 2, outputTokens: 1 },
  });
  expect(server.requests).toMatchObject([
    { authorization: "Bearer sk-key", body: { model: "m", stream_options: { include_usage: true } } },
  ]);
});

test.each([
  ["openai", "/v1/responses", "authorization", "Bearer sk-key", { model: "m", store: false, stream: true }],
  ["anthropic", "/v1/messages", "x-api-key", "sk-key", { model: "m", stream: true }],
] as const)(
  "%s is called with the key and the model, and its refusal is understood",
  async (provider, path, header, value, body) => {
    const asked: { path: string | undefined; key: unknown; body: unknown }[] = [];
    const server = createServer(async (request, response) => {
      let text = "";
      for await (const piece of request.setEncoding("utf8")) text += piece as string;
      asked.push({ path: request.url, key: request.headers[header], body: JSON.parse(text) });
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ type: "error", error: { type: "authentication_error", message: "bad sk-key" } }));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const step = await ask(await choose({}, { provider, baseUrl, apiKey: "sk-key", model: "m" }));
    expect(step).toMatchObject({ kind: "failed", code: "model_unauthorized", retryable: false });
    expect(JSON.stringify(step)).not.toContain("sk-key");
    expect(asked).toMatchObject([{ path, key: value, body }]);
  },
);
