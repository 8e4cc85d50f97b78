/** The whole story once, written to be read: one person, one question, two devices, one real server. */
import {
  advanceThreadView,
  type Event,
  formatCursor,
  lifecycleEventTypes,
  runText,
  type ThreadEvent,
  type ThreadSnapshot,
  type ThreadsSnapshot,
  type ThreadView,
} from "@throughline/protocol";
import { expect, test } from "vitest";
import { signIn, signUp } from "../support/account.ts";
import { ServerProcess } from "../support/server-process.ts";
import { TestDevice } from "../support/test-device.ts";

test("a person signs up, signs in, asks, sees the agent think, use a tool and answer, on every device", async () => {
  await using server = await ServerProcess.start();
  await signUp(server, "ada");
  const session = await signIn(server, "ada");
  await using device = await TestDevice.webSocket(server, session);
  expect(device.welcome).toMatchObject({ protocol: 1, head: device.cursor });
  expect(device.sequence).toBe(0);

  const { threadId, runId, messageId, sequence } = await device.command("message.send", { text: "What is 6 * 7?" });
  const completed = await device.ended(runId);
  expect(completed.data).toMatchObject({ outcome: "completed", message: { text: expect.stringContaining("42") } });

  // The five events that every consumer of an agent expects, each of them, in a legal order; the device judges the order.
  const types = device.events.map(({ type }) => type);
  expect(types.slice(0, 3)).toEqual(["thread_created", "message_accepted", "agent_started"]);
  expect(types.at(-1)).toBe("agent_completed");
  expect(lifecycleEventTypes.filter((type) => !types.includes(type))).toEqual([]);
  const firsts = lifecycleEventTypes.map((type) => types.indexOf(type));
  expect(firsts).toEqual([...firsts].sort((left, right) => left - right));
  expect(device.events[sequence - 1]).toMatchObject({
    type: "message_accepted",
    sequence,
    threadId,
    runId,
    data: { messageId, text: "What is 6 * 7?" },
  });
  const executing = await device.event("tool_executing", runId);
  const result = await device.event("tool_completed", runId);
  expect(result.data).toMatchObject({ callId: executing.data.callId, tool: executing.data.tool, outcome: "completed" });

  // What was streamed is what was answered.
  const streamed = fold(device.events.slice(0, -1)).runs[0];
  expect(streamed && runText(streamed)).toBe(completed.data.message?.text);

  // A snapshot is the fold of the events, true at its cursor.
  const get = (path: string) => fetch(`${server.url}${path}`, { headers: { cookie: session.cookie } });
  const snapshot = (await (await get(`/v1/threads/${threadId}`)).json()) as ThreadSnapshot;
  expect(snapshot).toEqual({ thread: fold(device.events), more: false, cursor: device.cursor });
  const list = (await (await get("/v1/threads")).json()) as ThreadsSnapshot;
  expect(list).toEqual({
    threads: [
      {
        threadId,
        title: "What is 6 * 7?",
        createdAt: device.events[0]?.at,
        updatedAt: completed.at,
        openRunIds: [],
      },
    ],
    more: false,
    cursor: device.cursor,
  });

  // A device that comes later, with a session of its own, sees the very same from the beginning.
  const epoch = device.cursor?.split("-")[0] ?? "";
  await using late = await TestDevice.sse(server, await signIn(server, "ada"), { after: formatCursor(epoch, 0) });
  await late.reached(device.sequence);
  expect(late.eventTexts.join()).toBe(device.eventTexts.join());
  expect(await server.terminate()).toBe(0);
});

function fold(events: readonly Event[]): ThreadView {
  const view = (events as readonly ThreadEvent[]).reduce<ThreadView | undefined>(advanceThreadView, undefined);
  if (view === undefined) throw new Error("unable to fold; there are no events");
  return JSON.parse(JSON.stringify(view)) as ThreadView;
}
