import { advanceRun, newRunState, type RunEventType, type RunId, runEventTypes } from "@throughline/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isRunEvent, RunLegality } from "./run-legality.ts";

const step = fc.record({
  type: fc.constantFrom(...runEventTypes),
  callId: fc.constantFrom("call_00000001", "call_00000002"),
  decision: fc.constantFrom("approve", "deny"),
  outcome: fc.constantFrom("completed", "failed", "denied", "cancelled", "unknown"),
});

/** So that most sequences come further than to their first event. */
const beginning = fc.constantFrom(
  [],
  ["message_accepted"],
  ["message_accepted", "run_stop_requested"],
  ["message_accepted", "agent_started"],
);

/** What an event of that type carries of a step. */
function dataOf({ type, callId, decision, outcome }: typeof step extends fc.Arbitrary<infer Step> ? Step : never) {
  if (type === "agent_completed") return { outcome: "completed" };
  const isOfCall = type.startsWith("tool_") || type.startsWith("approval_");
  if (!isOfCall) return {};
  return {
    callId,
    ...(type === "approval_answered" && { decision }),
    ...(type === "tool_completed" && { outcome }),
  };
}

test("two tables that were written apart allow and refuse the same", () => {
  expect(runEventTypes.filter((type) => !isRunEvent(type))).toEqual([]);
  fc.assert(
    fc.property(beginning, fc.array(step, { maxLength: 30 }), (begun, steps) => {
      const theirs = newRunState("run_00000001" as RunId);
      const ours = new RunLegality();
      for (const one of [...begun.map((type) => ({ type })), ...steps] as typeof steps) {
        const data = dataOf(one);
        const refused = advanceRun(theirs, { type: one.type as RunEventType, data } as never) !== undefined;
        expect({ ...one, refused: ours.advance(one.type, data) !== undefined }).toEqual({ ...one, refused });
      }
    }),
    { numRuns: 20_000 },
  );
});
