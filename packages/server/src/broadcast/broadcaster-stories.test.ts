/** Random stories of users, devices and their log, each proven from the frames alone. */
import { parseCursor, type RunId, type ThreadId, type UserId } from "@throughline/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alice, bob, broadcastBench, type Device } from "../../../../tests/support/broadcast-bench.ts";
import type { Log } from "../log/log.ts";

/** What may happen around a broadcaster. Numbers choose among what there is. */
type Happening =
  | { readonly kind: "append"; readonly user: number; readonly count: number; readonly characters: number }
  | { readonly kind: "run"; readonly user: number; readonly deltas: number }
  | { readonly kind: "compact" | "truncate"; readonly user: number }
  | { readonly kind: "subscribe"; readonly user: number; readonly place: number; readonly stalled: boolean }
  | { readonly kind: "unsubscribe" | "stall" | "resume"; readonly device: number }
  | { readonly kind: "flush"; readonly device: number; readonly frames: number }
  | { readonly kind: "advance"; readonly milliseconds: number }
  | { readonly kind: "fail"; readonly milliseconds: number }
  | { readonly kind: "end-following" };

const user = fc.nat(1);
const device = fc.nat(20);
const happenings: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      user,
      count: fc.integer({ min: 1, max: 12 }),
      characters: fc.constantFrom(0, 5, 60, 700),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("run" as const), user, deltas: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("compact" as const, "truncate" as const), user }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("subscribe" as const), user, place: fc.nat(100), stalled: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("unsubscribe" as const, "stall" as const, "resume" as const, "resume" as const),
      device,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("flush" as const), device, frames: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("advance" as const), milliseconds: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end-following" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const), milliseconds: fc.nat(1_200) }) },
);

interface Follower {
  readonly device: Device;
  readonly user: UserId;
  readonly after: number;
  unsubscribe: (() => void) | undefined;
}

/** Proves from the frames alone that a device was told everything after its cursor, once and in order; returns the end. */
function lastProven({ device, user: owner, after }: Follower): number {
  let last = after;
  for (const frame of device.received) {
    if (frame.kind === "reset") {
      expect(frame.reason).toBe("truncated");
      last = parseCursor(frame.head)?.sequence ?? -1;
      continue;
    }
    if (frame.kind !== "events") throw new Error(frame.kind);
    for (const event of frame.events) {
      expect(event.sequence).toBe(last + 1);
      expect(event.threadId).toBe(threadOf(owner));
      last = event.type === "compacted" ? event.data.through : event.sequence;
    }
    expect(frame.cursor).toBe(`epoch1-${last}`);
  }
  return last;
}
const threadOf = (owner: UserId) => `thr_${owner.padEnd(10, "x")}` as ThreadId;

describe("whatever happens, in whatever order", () => {
  test("each device is told each event of its owner after its cursor once, in order, within its limits", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happenings, { minLength: 5, maxLength: 80 }), async (story) => {
        const { clock, limits, log, broadcaster, append, subscribe } = broadcastBench({
          readEventsMax: 7,
          eventsFrameEventsMax: 4,
          eventsFrameBytesMax: 1_500,
          connectionBufferBytesMax: 4_000,
        });
        const users = [alice, bob];
        const followers: Follower[] = [];
        let runs = 0;
        const chosen = (number: number) => followers[number % followers.length];
        for (const step of story) {
          const owner = users["user" in step ? step.user : 0] as UserId;
          const threadId = threadOf(owner);
          switch (step.kind) {
            case "append": {
              const data = { title: "語".repeat(step.characters) };
              await append(
                Array.from({ length: step.count }, () => ({ type: "thread_renamed", threadId, data }) as const),
                owner,
              );
              break;
            }
            case "run": {
              runs += 1;
              const runId = `run_${String(runs).padStart(10, "0")}` as RunId;
              const pieces = Array.from({ length: step.deltas }, (_, offset) => ({ step: 1, offset, text: "x" }));
              await append(
                [
                  ...pieces.map((data) => ({ type: "agent_delta", threadId, runId, data }) as const),
                  { type: "agent_completed", threadId, runId, data: { outcome: "completed" } },
                ],
                owner,
              );
              break;
            }
            case "compact":
              await log.compact(owner);
              break;
            case "truncate":
              await log.truncate(owner, Math.floor((await head(log, owner)) / 2));
              break;
            case "subscribe": {
              const { oldest, head } = await log.bounds(owner);
              const after = oldest - 1 + Math.round(((head - oldest + 1) * step.place) / 100);
              const { device, unsubscribe } = subscribe(after, owner);
              device.stalled = step.stalled;
              followers.push({ device, user: owner, after, unsubscribe });
              break;
            }
            case "unsubscribe": {
              const follower = chosen(step.device);
              follower?.unsubscribe?.();
              if (follower !== undefined) follower.unsubscribe = undefined;
              break;
            }
            case "stall": {
              const follower = chosen(step.device);
              if (follower !== undefined) follower.device.stalled = true;
              break;
            }
            case "resume":
              chosen(step.device)?.device.resume();
              break;
            case "flush":
              chosen(step.device)?.device.flush(step.frames);
              break;
            case "advance":
              await clock.advance(step.milliseconds);
              break;
            case "end-following":
              log.endFollowing();
              break;
            case "fail":
              log.fail();
              await clock.advance(step.milliseconds);
              log.failing = false;
              break;
          }
          for (const { device } of followers) {
            // One event may be larger than a frame should be, and than the half of the buffer that is kept for it.
            expect(device.heldBytesMost).toBeLessThanOrEqual(limits.connectionBufferBytesMax / 2 + 2_300);
          }
        }
        await clock.advance(1_100);
        for (const { device, unsubscribe } of followers) if (unsubscribe !== undefined) device.resume();
        await clock.advance(1_100);
        for (const follower of followers) {
          const last = lastProven(follower);
          if (follower.unsubscribe !== undefined) expect(last).toBe(await head(log, follower.user));
        }
        for (const follower of followers) follower.unsubscribe?.();
        await clock.advance(0);
        expect([broadcaster.feeds, log.following, clock.pending]).toEqual([0, 0, 0]);
      }),
      { numRuns: 150 },
    );
  });
});

async function head(log: Log, feed: UserId): Promise<number> {
  return (await log.bounds(feed)).head;
}
