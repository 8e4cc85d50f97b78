import { type Event, eventTypes, type ThreadId } from "@throughline/protocol";
import { expect, expectTypeOf, test } from "vitest";
import { type EventHandlers, handleEvent } from "./event-handlers.ts";

const nothing = () => undefined;
const handlers: EventHandlers = {
  message_accepted: nothing,
  agent_started: nothing,
  agent_thinking: nothing,
  agent_delta: nothing,
  tool_executing: nothing,
  tool_completed: nothing,
  approval_requested: nothing,
  approval_answered: nothing,
  run_stop_requested: nothing,
  run_resumed: nothing,
  quality_verdict: nothing,
  agent_completed: nothing,
  thread_created: nothing,
  thread_renamed: nothing,
  thread_deleted: nothing,
  quality_alert: nothing,
  quality_update: nothing,
  compacted: nothing,
  reset: nothing,
};

test("a handler that is forgotten does not compile", () => {
  const { agent_delta: _delta, ...withoutDelta } = handlers;
  const { reset: _reset, ...withoutReset } = handlers;
  // @ts-expect-error agent_delta is missing
  const first: EventHandlers = withoutDelta;
  // @ts-expect-error reset is missing
  const second: EventHandlers = withoutReset;
  // @ts-expect-error there is no such event
  const third: EventHandlers = { ...handlers, agent_rested: nothing };
  expect([first, second, third]).toHaveLength(3);
  expectTypeOf<Parameters<EventHandlers["agent_delta"]>[0]["data"]["offset"]>().toEqualTypeOf<number>();
});

test("each event reaches the handler of its type and no other", () => {
  for (const type of eventTypes) {
    const told: string[] = [];
    const entries = eventTypes.map((other) => [other, (event: Event) => told.push(`${other} ${event.sequence}`)]);
    handleEvent(Object.fromEntries(entries) as EventHandlers, eventOf(type, 7));
    expect(told).toEqual([`${type} 7`]);
  }
});

test("an event that only a newer version knows is passed over", () => {
  expect(() => handleEvent(handlers, eventOf("agent_rested", 1))).not.toThrow();
});

function eventOf(type: string, sequence: number): Event {
  const threadId = "thr_aaaaaaaaaa" as ThreadId;
  return { type, sequence, threadId, at: "2026-01-01T00:00:00.000Z", data: {} } as unknown as Event;
}
