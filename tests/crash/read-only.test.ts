/** The data folder cannot be written: at the start, and from some moment on while the server runs. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import { forbidWrites, mountReadOnly } from "../support/unwritable.ts";
import { truthOf } from "./lost-or-kept.ts";

test("a start on a read-only file system is refused and says what to do; on a writable one all is there", async (context) => {
  await using world = await ScriptedWorld.start();
  await using device = await world.webSocket("ada");
  const epoch = device.cursor?.split("-")[0] ?? "";
  for (const end of ["terminate", "kill9"] as const) {
    const { runId } = await (await world.webSocket("ada")).command("message.send", { text: `before ${end}` });
    await device.ended(runId).catch(() => undefined);
    const before = await truthOf(world, "ada", epoch);
    await world.server[end]();
    {
      using mounted = mountReadOnly(world.server.dataDirectory);
      if (mounted === undefined) return context.skip("this user may not mount a read-only file system");
      const { code, message, advice } = await world.server.refusedStart();
      expect([code, advice]).toEqual(["data_unwritable", "give a folder that this user may write, with free space"]);
      expect(message).toMatch(/^unable to open .+; .*read-?only/i);
    }
    await world.server.start();
    expect((await truthOf(world, "ada", epoch)).texts).toEqual(before.texts);
  }
});

test("while it runs: commands are refused, reading goes on, and so does everything once it can be written", async (context) => {
  await using world = await ScriptedWorld.start({ commandsPerMinuteMax: 100_000 });
  await using device = await world.webSocket("ada");
  const epoch = device.cursor?.split("-")[0] ?? "";
  const working = await device.command("message.send", { text: script({ stream: 300, everyMs: 10 }) });
  await device.event("agent_delta", working.runId);
  const files = ["log.db", "log.db-wal"].map((name) => join(world.server.dataDirectory, name));
  {
    using forbidden = forbidWrites(files);
    if (forbidden === undefined) return context.skip("this user or file system knows no immutable files");
    for (let count = 0; count < 5; count += 1) {
      const error = await device.refusal("message.send", { text: "once" }, "the-same-id");
      expect(error).toMatchObject({ code: "not_ready", retryable: true });
    }
    expect((await world.get("ada", "/v1/threads")).status).toBe(200);
    await using reader = await world.webSocket("ada", { after: `${epoch}-0` });
    await reader.reached(device.sequence);
    expect(world.server.output).toMatch(/unable to commit; SQLite says (disk I\/O error|attempt to write a readonly)/);
  }
  const reply = await device.command("message.send", { text: "once" }, "the-same-id");
  await Promise.all([device.ended(reply.runId), device.ended(working.runId)]);
  const { events, texts } = await truthOf(world, "ada", epoch);
  expect(device.events.map((event) => JSON.stringify(event))).toEqual(texts);
  const ends = events.flatMap((event) => (event.type === "agent_completed" ? [event.data.outcome] : []));
  expect(ends).toEqual(["completed", "completed"]);
});
