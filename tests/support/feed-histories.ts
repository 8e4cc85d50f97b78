/** Histories of whole feeds, as a log takes them: several conversations at once, some of whose events carry private parts. */
import fc from "fast-check";
import { threadHistories } from "../../packages/protocol/src/history-arbitraries.ts";
import type { NewEvent } from "../../packages/server/src/log/stored-event.ts";
import { runOf, threadOf } from "./log-events.ts";

const threadsMax = 4;

/**
 * `feed` keeps the ids of histories apart that one log holds. To be the last argument of a property: when fast-check copies
 * the arguments of one that holds a stream, as these do within, it loses those that come after.
 */
export function feedHistories(feed: number): fc.Arbitrary<readonly NewEvent[]> {
  return fc.array(threadHistories, { minLength: 1, maxLength: threadsMax }).map((histories) => {
    const queues = histories.map((history, index) => {
      const thread = 1 + feed * threadsMax + index;
      return history.map((event): NewEvent => {
        const { sequence, type, data } = event;
        const run = event.runId === undefined ? {} : { runId: runOf(thread * 10 + Number(event.runId.at(-1))) };
        const secret = (sequence + history.length) % 3 === 0 ? { private: { record: sequence } } : {};
        return { type, threadId: threadOf(thread), ...run, data, ...secret } as NewEvent;
      });
    });
    const merged: NewEvent[] = [];
    // One from each in turn, so that the runs of different threads overlap.
    while (queues.some((queue) => queue.length > 0)) {
      for (const queue of queues) merged.push(...queue.splice(0, 1));
    }
    return merged;
  });
}
