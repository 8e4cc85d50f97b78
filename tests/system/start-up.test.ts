/** What a server does while it starts, when it cannot start, and how it stops. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ScriptedWorld } from "../support/scripted-world.ts";

/** Tries again as long as nobody listens. */
async function untilSomebodyListens<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!`${error} ${(error as Error).cause}`.includes("ECONNREFUSED")) throw error;
      await sleep(5);
    }
  }
}

test("a request, a stream and a WebSocket that come while the server starts are answered once it has", async () => {
  await using world = await ScriptedWorld.start();
  await world.server.kill9();
  const starting = world.server.start();
  const [live, webSocket, sse] = await Promise.all([
    untilSomebodyListens(() => fetch(`${world.server.url}/livez`, { signal: AbortSignal.timeout(20_000) })),
    untilSomebodyListens(() => world.webSocket("early")),
    untilSomebodyListens(() => world.sse("early")),
  ]);
  await using _webSocket = webSocket;
  await using _sse = sse;
  expect(live.status).toBe(200);
  await starting;
  await webSocket.command("thread.create", {});
  await Promise.all([webSocket, sse].map((device) => device.event("thread_created")));
});
