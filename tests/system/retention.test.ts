/** Retention seen from devices: what is too old is deleted before their eyes, and whoever was away for longer is told. */
import { expect, test } from "vitest";
import { signUp } from "../support/account.ts";
import { script } from "../support/scripted-agent.ts";
import { ServerProcess } from "../support/server-process.ts";
import { TestDevice } from "../support/test-device.ts";

const retentionMs = 1_000;

test("an old thread is deleted on every device; a device that was away gets reset, one that was there does not", async () => {
  const limits = { retentionSweepIntervalMs: 100, compactionDelayMs: 100 };
  await using server = await ServerProcess.start({ agent: "scripted", retentionMs, limits });
  const ada = await signUp(server, "ada");
  await using present = await TestDevice.webSocket(server, ada);
  const { runId, threadId } = await present.command("message.send", { text: script({ say: "soon forgotten" }) });
  await present.event("agent_started", runId);
  const away = present.cursor as string;
  await present.ended(runId);
  const deleted = await present.event("thread_deleted");
  expect(deleted.threadId).toBe(threadId);

  // The deletion itself stays for as long again; then what was before it is gone for a cursor from that time.
  let returned = await TestDevice.webSocket(server, ada, { after: away });
  while (returned.resets.length === 0) {
    // From the old cursor all is still there, but for what was compacted, to the very end.
    await returned.reached(present.sequence);
    if (returned.resets.length > 0) break;
    returned.drop();
    returned = await TestDevice.webSocket(server, ada, { after: away });
  }
  expect(returned.resets).toEqual([{ kind: "reset", reason: "truncated", head: present.cursor }]);
  await using stillThere = await TestDevice.sse(server, ada, { after: present.cursor as string });
  const created = await present.command("thread.create", { title: "new" });
  for (const device of [present, returned, stillThere]) {
    await device.reached(deleted.sequence + 1);
    expect(device.events.at(-1)).toMatchObject({ type: "thread_created", threadId: created.threadId });
  }
  expect([present.resets, stillThere.resets]).toEqual([[], []]);
  expect((await fetch(`${server.url}/v1/threads/${threadId}`, { headers: ada })).status).toBe(404);
  returned.drop();
});
