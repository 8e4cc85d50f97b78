import type { Event } from "@throughline/protocol";
import { expect } from "vitest";
import type { ScriptedWorld } from "../support/scripted-world.ts";

/** What somebody saw in one life of the log: all events up to and including the last, as JSON. */
export interface Seen {
  readonly epoch: string;
  readonly seen: readonly string[];
  /** The life began after the copy was taken that is in place now, which knows nothing of it: a reset from any place. */
  readonly unknown?: true;
}

/** What there is in truth: as a device sees it that has seen nothing yet. */
export interface Truth {
  readonly events: readonly Event[];
  readonly texts: readonly string[];
}

/** Reads a feed from its beginning, once every run in it has ended; `epoch` is one that the log still knows. */
export async function truthOf(world: ScriptedWorld, user: string, epoch: string): Promise<Truth> {
  await using judge = await world.webSocket(user, { after: `${epoch}-0` });
  await judge.reached(headOf(judge.welcome?.head));
  const count = (type: Event["type"]) => judge.events.filter((event) => event.type === type).length;
  await judge.until(() => count("message_accepted") === count("agent_completed"), "the end of all runs");
  expect(judge.resets).toEqual([]);
  return { events: judge.events, texts: judge.events.map((event) => JSON.stringify(event)) };
}

/**
 * Holds a log that may have lost its end against what devices saw of it. From every place that a device may have stopped
 * at: it goes on without a reset and without a repeat where all that it saw is there, else it is told with `reset`, and
 * never anything in between. Resolves with how many of the events that were seen are there.
 */
export async function lostOrKept(world: ScriptedWorld, user: string, views: readonly Seen[]): Promise<number> {
  const { texts: truth } = await truthOf(world, user, views[0]?.epoch ?? "");
  let keptMost = 0;
  for (const { epoch, seen, unknown } of views) {
    const lost = seen.findIndex((text, index) => truth[index] !== text);
    const kept = lost === -1 ? seen.length : lost;
    keptMost = Math.max(keptMost, kept);
    const places = new Set([0, 1, kept - 1, kept, kept + 1, seen.length].filter((at) => at >= 0 && at <= seen.length));
    for (const place of places) {
      const where = `${epoch} at ${place} of ${seen.length}, of which ${kept} are kept`;
      await using device = await world.webSocket(user, { after: `${epoch}-${place}` });
      if (place <= kept && unknown === undefined) {
        await device.reached(truth.length);
        expect(device.resets, where).toEqual([]);
        const rest = device.events.map((event) => JSON.stringify(event));
        expect([...seen.slice(0, place), ...rest], where).toEqual(truth);
      } else {
        await device.until(() => device.resets.length > 0, `a reset, ${where}`);
        expect(headOf(device.resets[0]?.head), where).toBe(truth.length);
        expect(device.events, where).toEqual([]);
      }
    }
  }
  return keptMost;
}

export function headOf(cursor: string | undefined): number {
  return Number(cursor?.split("-")[1]);
}
