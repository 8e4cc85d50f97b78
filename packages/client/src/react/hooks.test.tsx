import type { ThreadId } from "@throughline/protocol";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { type Client, createClient } from "../index.ts";
import { ClientProvider, useClient, useConnection, useThread, useThreads, useUnsent } from "./index.ts";

const threadId = "thr_aaaaaaaa" as ThreadId;

function Page({ chosen, given }: { readonly chosen?: ThreadId; readonly given: Client }) {
  const shown = {
    same: useClient() === given,
    connection: useConnection(),
    threads: useThreads(),
    thread: useThread(chosen) ?? "none",
    unsent: useUnsent().map(({ type }) => type),
  };
  return <>{JSON.stringify(shown)}</>;
}

function render(client: Client, chosen?: ThreadId): unknown {
  const html = renderToStaticMarkup(
    <ClientProvider client={client}>
      <Page given={client} {...(chosen && { chosen })} />
    </ClientProvider>,
  );
  return JSON.parse(html.replaceAll("&quot;", '"'));
}

test("before anything has come, the hooks show that nothing has", () => {
  const client = createClient({ url: "http://127.0.0.1:1" });
  const nothing = { same: true, connection: { state: "idle" }, threads: { status: "loading" }, unsent: [] };
  expect(render(client)).toEqual({ ...nothing, thread: "none" });
  expect(render(client, threadId)).toEqual({ ...nothing, thread: { status: "loading" } });
});

test("they show how the connection stands and what waits", () => {
  const client = createClient({ url: "http://127.0.0.1:1" });
  client.send({ threadId, text: "waits" });
  client.close();
  expect(render(client)).toMatchObject({
    connection: { state: "closed", reason: "closed" },
    unsent: ["message.send"],
  });
});

test("a hook without a provider says what is missing", () => {
  const given = createClient({ url: "http://127.0.0.1:1" });
  expect(() => renderToStaticMarkup(<Page given={given} />)).toThrow(
    "unable to use the client; there is no ClientProvider above",
  );
});
