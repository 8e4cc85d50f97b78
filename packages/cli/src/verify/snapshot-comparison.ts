/** Whether the stored state of a run, as a snapshot tells it, is what the events of the run said. */
import { isObject, type SeenEvent } from "./wire.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What differs, in words; undefined when nothing does. `view` is the run in the snapshot. */
export function compareSnapshot(events: readonly SeenEvent[], view: Fields): string | undefined {
  const accepted = dataOf(events, "message_accepted");
  const ended = dataOf(events, "agent_completed");
  const stored = { messageId: view.messageId, text: view.text, state: view.state, answer: view.answer };
  const seen = { messageId: accepted.messageId, text: accepted.text, state: ended.outcome, answer: ended.message };
  return (
    different("its message or answer", seen, stored) ??
    different("its tool calls", callsSeen(events), callsStored(view)) ??
    different("its texts", textsSeen(events), textsStored(view, events))
  );
}

function dataOf(events: readonly SeenEvent[], type: string): Fields {
  return events.find((event) => event.type === type)?.data ?? {};
}

function different(what: string, seen: unknown, stored: unknown): string | undefined {
  const [one, other] = [JSON.stringify(seen), JSON.stringify(stored)];
  return one === other ? undefined : `${what}: seen ${one.slice(0, 300)}, stored ${other.slice(0, 300)}`;
}

function callsSeen(events: readonly SeenEvent[]): unknown {
  const calls = events
    .filter(({ type }) => type === "tool_executing")
    .map(({ data }) => {
      const end = events.find((event) => event.type === "tool_completed" && event.data.callId === data.callId)?.data;
      const { callId, tool, input } = data;
      return { callId, tool, input, state: end?.outcome, output: end?.output, error: end?.error };
    });
  return sorted(calls);
}

function callsStored(view: Fields): unknown {
  const calls = stepsOf(view)
    .flatMap((step) => (Array.isArray(step.calls) ? step.calls.filter(isObject) : []))
    // One that was never executed has no events of execution.
    .filter(({ state, durationMs }) => state !== "cancelled" || durationMs !== undefined)
    .map(({ callId, tool, input, state, output, error }) => ({ callId, tool, input, state, output, error }));
  return sorted(calls);
}

function sorted(calls: readonly Fields[]): readonly Fields[] {
  return calls.toSorted((left, right) => (String(left.callId) < String(right.callId) ? -1 : 1));
}

/** The text of each step that has one, by the rules of deltas and resumption. */
function textsSeen(events: readonly SeenEvent[]): unknown {
  const texts = new Map<number, string>();
  for (const { type, data } of events) {
    const step = Number(data.step);
    if (type === "agent_delta") {
      const before = texts.get(step) ?? "";
      const [offset, text] = [Number(data.offset), String(data.text)];
      if (before.slice(offset, offset + text.length) !== text) texts.set(step, before.slice(0, offset) + text);
    } else if (type === "run_resumed") {
      for (const known of texts.keys()) if (known >= step) texts.delete(known);
    }
  }
  return [...texts].filter(([, text]) => text !== "").toSorted(([left], [right]) => left - right);
}

/** Compaction takes the deltas, and with them all texts, some time after the end. */
function textsStored(view: Fields, events: readonly SeenEvent[]): unknown {
  const texts = stepsOf(view)
    .filter(({ text }) => text !== "")
    .map(({ step, text }) => [step, text]);
  return texts.length === 0 ? textsSeen(events) : texts;
}

function stepsOf(view: Fields): readonly Fields[] {
  return Array.isArray(view.steps) ? view.steps.filter(isObject) : [];
}
