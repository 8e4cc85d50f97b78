/**
 * A real HTTP server that speaks OpenAI chat completions with server-sent events, for tests: every request is answered
 * by a script, so a test decides what the model says, when, and how it breaks. Knows nothing of our own packages.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One thing that the model does; a script is a list of them. */
export type ChatAction =
  | { readonly text: string }
  | { readonly reasoning: string }
  /** A fragment of a tool call: `id` and `name` with the first, `arguments` in as many fragments as wanted. */
  | {
      readonly toolCall: {
        readonly index: number;
        readonly id?: string;
        readonly name?: string;
        readonly arguments?: string;
      };
    }
  | { readonly finish: "stop" | "tool_calls" | "length" | "content_filter" }
  | { readonly usage: { readonly inputTokens: number; readonly outputTokens: number } }
  /** Bytes as they are, such as an event that is not JSON. */
  | { readonly raw: string }
  /** Goes on when the promise resolves; what came before has been sent. */
  | { readonly until: Promise<unknown> }
  /** Says nothing more and keeps the connection open. */
  | "hang"
  /** Destroys the connection. */
  | "cut"
  /** Ends the response in order; without a `finish` before it, the answer is not complete. */
  | "end";

/** What a request is answered with: a stream, or a plain response such as a 401. */
export type ChatAnswer =
  | { readonly actions: readonly ChatAction[] }
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> };

export interface ChatRequest {
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly stream?: boolean;
    readonly messages: readonly Readonly<Record<string, unknown>>[];
    readonly tools?: readonly { readonly function: { readonly name: string; readonly parameters: unknown } }[];
  };
}

export interface ChatCompletionsServer extends AsyncDisposable {
  /** With `/v1`, as `OPENAI_BASE_URL` wants it. */
  readonly baseUrl: string;
  /** Every completion that was asked for, oldest first. */
  readonly requests: readonly ChatRequest[];
  /** Resolves when the client has closed the connection of request `index`. */
  closed(index: number): Promise<void>;
}

export interface ChatCompletionsServerOptions {
  /** Called for each request; `index` counts from 0. A list is used up in order. */
  readonly script: readonly ChatAnswer[] | ((request: ChatRequest, index: number) => ChatAnswer);
  /** Ids that `GET /v1/models` lists, or how it fails. Default: one, "test-model". */
  readonly models?: readonly string[] | "hang" | "refuse";
}

export async function startChatCompletionsServer(
  options: ChatCompletionsServerOptions,
): Promise<ChatCompletionsServer> {
  const requests: ChatRequest[] = [];
  const closings: PromiseWithResolvers<void>[] = [];
  const closing = (index: number): PromiseWithResolvers<void> => {
    closings[index] ??= Promise.withResolvers<void>();
    return closings[index];
  };
  const server = createServer((request, response) => {
    if (request.method === "GET" && request.url === "/v1/models") return answerModels(response, options.models);
    if (request.method !== "POST" || request.url !== "/v1/chat/completions") return sendJson(response, 404, {});
    void readBody(request).then(async (body) => {
      const asked = { authorization: request.headers.authorization, body: JSON.parse(body) as ChatRequest["body"] };
      const index = requests.push(asked) - 1;
      response.once("close", () => closing(index).resolve());
      const { script } = options;
      const answer = typeof script === "function" ? script(asked, index) : script[index];
      if (answer === undefined)
        return sendJson(response, 500, { error: { message: `no script for request ${index}` } });
      if ("actions" in answer) return play(answer.actions, response, asked.body.model);
      sendJson(response, answer.status, answer.body, answer.headers);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    closed: (index) => closing(index).promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const piece of request.setEncoding("utf8")) body += piece as string;
  return body;
}

function answerModels(response: ServerResponse, models: ChatCompletionsServerOptions["models"] = ["test-model"]): void {
  if (models === "hang") return;
  if (models === "refuse") sendJson(response, 401, { error: { message: "no key" } });
  else sendJson(response, 200, { object: "list", data: models.map((id) => ({ id, object: "model" })) });
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

async function play(actions: readonly ChatAction[], response: ServerResponse, model: string): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
  for (const action of actions) {
    if (action === "hang") return;
    if (action === "cut") return void response.destroy();
    if (action === "end") return void response.end();
    if ("until" in action) {
      await action.until;
    } else {
      // Written one by one, and each on its way before the next, as a model does it.
      await new Promise<void>((resolve) => response.write(eventOf(action, model), () => resolve()));
    }
  }
  response.end("data: [DONE]\n\n");
}

function eventOf(action: Exclude<ChatAction, string | { until: unknown }>, model: string): string {
  if ("raw" in action) return action.raw;
  const base = { id: "chatcmpl-test", object: "chat.completion.chunk", created: 1, model };
  if ("usage" in action) {
    const { inputTokens, outputTokens } = action.usage;
    const usage = {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    };
    return event({ ...base, choices: [], usage });
  }
  if ("finish" in action) return event({ ...base, choices: [{ index: 0, delta: {}, finish_reason: action.finish }] });
  return event({ ...base, choices: [{ index: 0, delta: deltaOf(action), finish_reason: null }] });
}

function deltaOf(
  action: Extract<ChatAction, { text: string } | { reasoning: string } | { toolCall: unknown }>,
): unknown {
  if ("text" in action) return { role: "assistant", content: action.text };
  if ("reasoning" in action) return { role: "assistant", content: null, reasoning_content: action.reasoning };
  const { index, id, name, arguments: fragment } = action.toolCall;
  const named = name === undefined ? {} : { name };
  return { tool_calls: [{ index, id, type: "function", function: { ...named, arguments: fragment ?? "" } }] };
}

function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
