import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { wireError } from "@throughline/protocol";
import { afterEach, expect, test } from "vitest";
import { Http } from "./http.ts";
import type { Credential } from "./options.ts";
import { ThroughlineError } from "./throughline-error.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Origin of a server that answers so. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each<[string, Credential | undefined, string, object]>([
  ["a bearer token", { bearer: "abc" }, "/v1/threads", { credentials: "omit", authorization: "Bearer abc" }],
  ["a ticket", { ticket: "abc" }, "/v1/threads?ticket=abc", { credentials: "omit", authorization: null }],
  ["nothing", undefined, "/v1/threads", { credentials: "same-origin", authorization: null }],
])(
  "regression: with %s, a browser's cookie is sent only if nothing else is",
  async (_name, credential, path, expected) => {
    let request: object | undefined;
    const http = new Http({
      url: "https://example.com",
      credential: () => credential,
      fetch: async (url, init) => {
        const authorization = new Headers(init?.headers).get("authorization");
        request = { url: String(url), credentials: init?.credentials, authorization };
        return Response.json({});
      },
    });
    await http.json("read", "/v1/threads");
    expect(request).toEqual({ url: `https://example.com${path}`, ...expected });
  },
);

test("a refusal of the server becomes its error", async () => {
  const { code, message, retryable } = wireError("rate_limited", "unable to read; too often");
  const url = await serve((_request, response) => {
    const problem = { type: "t", title: "t", status: 429, code, detail: message, retryable, retryAfterMs: 1_500 };
    response.writeHead(429, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
  });
  const error = await new Http({ url }).json("read", "/v1/threads").catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ThroughlineError);
  expect(error).toMatchObject({ code, message, retryable: true, retryAfterMs: 1_500, answered: true });
});

test.each(["<html>Bad Gateway</html>", '{"code":"toString"}', "null"])(
  "an answer of something in between: %s",
  async (body) => {
    const url = await serve((_request, response) => response.writeHead(502).end(body));
    await expect(new Http({ url }).request("read the threads", "/v1/threads")).rejects.toMatchObject({
      name: "ThroughlineError",
      code: "not_ready",
      message: "unable to read the threads; the answer has status 502",
      answered: true,
    });
  },
);

test("regression: an answer that is cut off is no answer", async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200, { "content-length": "100" }).write('{"cursor":', () => response.destroy());
  });
  await expect(new Http({ url }).json("read", "/v1/threads")).rejects.toMatchObject({
    code: "not_ready",
    answered: false,
  });
});

test("regression: a credential that cannot be had is a failure to reach the server", async () => {
  const cause = new Error("the identity provider is away");
  const http = new Http({ url: "http://127.0.0.1:1", credential: () => Promise.reject(cause) });
  await expect(http.request("read", "/v1/threads")).rejects.toMatchObject({
    code: "not_ready",
    answered: false,
    cause,
  });
});
