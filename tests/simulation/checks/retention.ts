/** Invariant 8: what nobody asked to remove is removed when it is old enough, and nothing that is in use. */
import type { Evidence, SeenEvent, UserStory } from "./evidence.ts";
import { type Finding, finding } from "./violation.ts";
import { readCommand } from "./wire.ts";

export function* checkRetention({ users, retained }: Evidence): Generator<Finding> {
  for (const story of users.values()) {
    for (const seen of story.feed.ordered) {
      if (seen.event.type !== "thread_deleted" || retained === undefined || isAsked(story, seen)) continue;
      yield* checkDeletion(story, seen, retained.forMs);
    }
    yield* checkTruncation(story, retained === undefined ? Number.NEGATIVE_INFINITY : retained.until - retained.forMs);
  }
}

function isAsked({ connections }: UserStory, { event }: SeenEvent): boolean {
  return connections.some(({ sent }) =>
    sent.some(({ text }) => {
      const command = readCommand(text);
      return command?.type === "thread.delete" && command.data.threadId === event.threadId;
    }),
  );
}

/** By itself it is deleted only when nothing happens in it any more. */
function* checkDeletion({ feed }: UserStory, { event, index }: SeenEvent, forMs: number): Generator<Finding> {
  const { sequence, threadId } = event;
  const before = feed.ordered.filter((seen) => seen.event.threadId === threadId && seen.event.sequence < sequence);
  const last = before.at(-1)?.event;
  if (last !== undefined && Date.parse(event.at) - Date.parse(last.at) < forMs)
    yield finding(8, "kept-long-enough", `${threadId} was deleted at ${sequence}, and in use at ${last.at}`, index);
  const ended = new Set(
    before.filter(({ event: { type } }) => type === "agent_completed").map((seen) => seen.event.runId),
  );
  const open = before.find(({ event: { type, runId } }) => type === "message_accepted" && !ended.has(runId));
  if (open === undefined || !feed.isKnown(open.event.sequence, sequence)) return;
  yield finding(
    8,
    "kept-long-enough",
    `${threadId} was deleted at ${sequence}, and ${open.event.runId} is open`,
    index,
  );
}

/** What is gone without a trace is deletions that are old enough, and what they have deleted. */
function* checkTruncation({ feed }: UserStory, oldEnough: number): Generator<Finding> {
  for (const { event, index } of feed.ordered) {
    const { sequence, type, threadId, at } = event;
    if (sequence > feed.gone) return;
    const isOld = type === "thread_deleted" && Date.parse(at) <= oldEnough;
    if (isOld || (type !== "thread_deleted" && feed.mayBeDeleted(threadId))) continue;
    yield finding(8, "only-removable-removed", `${type} at ${sequence} is gone, and its time had not come`, index);
  }
}
