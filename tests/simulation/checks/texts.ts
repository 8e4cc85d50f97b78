/** Invariants 5 and 12: what devices were shown of an answer is what the answer is, whoever wrote it and how often. */
import type { Evidence, SeenEvent, UserStory } from "./evidence.ts";
import { runsOf } from "./runs.ts";
import { type Finding, finding } from "./violation.ts";

export function* checkTexts({ users }: Evidence): Generator<Finding> {
  for (const story of users.values()) {
    for (const { runId, events } of runsOf(story).values()) yield* checkText(story, runId, events);
  }
}

function* checkText({ feed }: UserStory, runId: string, events: readonly SeenEvent[]): Generator<Finding> {
  const [first, last] = [events[0]?.event, events.at(-1)?.event];
  if (first?.type !== "message_accepted" || last?.type !== "agent_completed") return;
  if (!feed.isKnown(first.sequence, last.sequence)) return;
  const isTakenOver = events.some(({ event }) => event.type === "run_resumed");
  const texts = new Map<number, string>();
  for (const { event, index } of events) {
    const { type, data, sequence } = event;
    if (type === "run_resumed") {
      for (const step of texts.keys()) if (step >= (data.step ?? 0)) texts.delete(step);
    } else if (type === "agent_delta") {
      const { step = 0, offset = 0, text = "" } = data;
      const before = texts.get(step) ?? "";
      if (offset > before.length) {
        const message = `delta at ${sequence} of ${runId} is at ${offset}, and step ${step} has ${before.length}`;
        yield finding(5, "deltas-join", message, index);
        return;
      }
      if (before.slice(offset, offset + text.length) !== text) texts.set(step, before.slice(0, offset) + text);
    } else if (type === "agent_completed") {
      const shown = [...texts]
        .sort(([left], [right]) => left - right)
        .map(([, text]) => text)
        .filter((text) => text !== "");
      const answer = data.message?.text ?? "";
      if (answer === shown.join("\n\n")) continue;
      // What was written last before a failure or a stop may be in the answer alone.
      if (data.outcome !== "completed" && answer.startsWith(shown.join("\n\n"))) continue;
      const message = `the answer of ${runId} is ${JSON.stringify(answer)}, devices were shown ${JSON.stringify(shown.join("\n\n"))}`;
      yield finding(isTakenOver ? 5 : 12, "answer-is-what-was-shown", message, index);
    }
  }
}
