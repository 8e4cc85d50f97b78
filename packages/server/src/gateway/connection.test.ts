import { type ConnectionId, defaultLimits, formatCursor, type Limits, type ServerFrame } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { InProcessNode, identityOf } from "../../../../tests/support/in-process-node.ts";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { Broadcaster } from "../broadcast/broadcaster.ts";
import type { Frame } from "../broadcast/frame.ts";
import { MemoryLog } from "../log/memory-log.ts";
import { defineAgent } from "../runs/define-agent.ts";
import { Connection, type Transport } from "./connection.ts";

/** The far end of a connection: what it was sent, and how it ended. `reads: false` leaves everything unflushed. */
class FarEnd implements Transport {
  readonly frames: ServerFrame[] = [];
  closed: string | undefined;
  reads = true;
  write(frame: Frame, flushed: () => void): void {
    this.frames.push(JSON.parse(frame.text) as ServerFrame);
    if (this.reads) flushed();
  }
  close(code: string): void {
    this.closed = code;
  }
  get kinds(): string[] {
    return this.frames.map(({ kind }) => kind);
  }
}

function setUp(given: Partial<Limits> = {}) {
  const limits = { ...defaultLimits, ...given };
  const clock = new VirtualClock();
  const log = new MemoryLog({ epoch: "epoch1", clock, limits });
  const agent = defineAgent({ name: "quiet", run: async () => "done" });
  const { router } = new InProcessNode({ log, clock, agent, limits });
  const broadcaster = new Broadcaster({ log, clock, limits, onError: () => undefined });
  const farEnd = new FarEnd();
  const parts = { router, broadcaster, log, clock, limits, onInternalError: () => undefined };
  const connection = new Connection("con_aaaaaaaaaa" as ConnectionId, identityOf("alice"), farEnd, parts);
  const say = (frame: unknown) => connection.receive(JSON.stringify(frame));
  return { clock, log, farEnd, connection, say };
}

const hello = { kind: "hello", protocol: 1, after: null };
const command = (id: string, type: string, data: unknown = {}) => ({ kind: "command", id, type, data });

describe("a connection", () => {
  test("welcomes, then delivers what happens, replies included, and pongs", async () => {
    const { clock, farEnd, say } = setUp();
    say(hello);
    say({ kind: "ping" });
    say(command("c1", "thread.create", { title: "T" }));
    await clock.advance(10);
    expect(farEnd.frames).toMatchObject([
      { kind: "welcome", userId: "alice", head: formatCursor("epoch1", 0) },
      { kind: "pong" },
      { kind: "events", events: [{ sequence: 1, type: "thread_created" }] },
      { kind: "reply", id: "c1", ok: true },
    ]);
  });

  test.each([
    ["no hello in time", undefined, "no_hello"],
    ["a command before hello", command("c1", "thread.create"), "bad_frame"],
    ["a ping before hello", { kind: "ping" }, "bad_frame"],
    ["another version", { ...hello, protocol: 2 }, "bad_frame"],
    ["a field too many", { ...hello, userId: "bob" }, "bad_frame"],
    ["no object", null, "bad_frame"],
  ])("ends on %s", async (_name, frame, code) => {
    const { clock, farEnd, say } = setUp();
    if (frame === undefined) await clock.advance(defaultLimits.helloTimeoutMs);
    else say(frame);
    expect(farEnd.closed).toBe(code);
  });

  test("ends on a second hello and on text that is no JSON", async () => {
    for (const text of [JSON.stringify(hello), "{", '"text"', "[]"]) {
      const { clock, farEnd, connection, say } = setUp();
      say(hello);
      await clock.advance(1);
      connection.receive(text);
      expect(farEnd.closed).toBe("bad_frame");
    }
  });

  test("says reset before anything else when the cursor cannot be honoured", async () => {
    for (const [after, reason] of [
      ["other1-3", "epoch"],
      ["epoch1-3", "ahead"],
    ]) {
      const { clock, farEnd, say } = setUp();
      say({ ...hello, after });
      await clock.advance(10);
      expect(farEnd.frames).toMatchObject([{ kind: "welcome" }, { kind: "reset", reason, head: "epoch1-0" }]);
    }
  });

  test("says welcome before draining, and neither to a client that has not said hello", async () => {
    const { clock, farEnd, connection, say } = setUp();
    connection.drain(1_000);
    say(hello);
    connection.drain(1_000);
    await clock.advance(10);
    expect(farEnd.kinds).toEqual(["welcome", "draining"]);
  });

  test("ends with `rate` when a client goes on sending although it is refused", async () => {
    const { clock, farEnd, say } = setUp({ commandsInFlightMax: 1, refusedCommandsInRowMax: 3 });
    say(hello);
    await clock.advance(1);
    for (let index = 0; index < 5; index += 1) say(command(`c${index}`, "thread.create"));
    expect(farEnd.closed).toBe("rate");
    expect(farEnd.frames.filter((frame) => frame.kind === "reply")).toHaveLength(4);
  });

  test("ends with `overloaded` when replies are not read, before they cost more than the limit", async () => {
    const { clock, farEnd, say } = setUp({ connectionBufferBytesMax: 4_000 });
    farEnd.reads = false;
    say(hello);
    await clock.advance(1);
    for (let index = 0; index < 1_000; index += 1) say({ kind: "ping" });
    await clock.advance(1);
    expect(farEnd.closed).toBe("overloaded");
    expect(JSON.stringify(farEnd.frames).length).toBeLessThan(8_000);
  });

  test("delivers nothing once it has ended", async () => {
    const { clock, farEnd, connection, say } = setUp();
    say(hello);
    await clock.advance(1);
    connection.closed();
    say(command("c1", "thread.create"));
    await clock.advance(10);
    expect(farEnd.kinds).toEqual(["welcome"]);
  });
});
