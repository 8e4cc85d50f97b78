/** Invariants 5 and 12: an answer that has to be judged is judged once in each round, and none is shown that has not passed. */
import type { Evidence } from "./evidence.ts";
import { isWhole, type RunStory, runsOf } from "./runs.ts";
import { type Finding, finding } from "./violation.ts";

export function* checkVerdicts({ users, gate }: Evidence): Generator<Finding> {
  for (const story of users.values()) {
    for (const run of runsOf(story).values()) if (isWhole(story, run)) yield* checkRun(run, gate);
  }
}

function* checkRun({ runId, events }: RunStory, gate: Evidence["gate"]): Generator<Finding> {
  let round = 0;
  let passed: boolean | undefined;
  for (const { event, index } of events) {
    const { type, data, sequence } = event;
    const about = `${type} at ${sequence} of ${runId}`;
    if (type === "quality_verdict") {
      if (data.gate !== gate)
        yield finding(12, "the-gate-it-has", `${about} is of ${data.gate}, the gate ${gate}`, index);
      if (data.round !== round + 1)
        yield finding(5, "one-verdict-a-round", `${about} is round ${data.round} after ${round}`, index);
      if (passed === true) yield finding(5, "one-verdict-a-round", `${about} comes after one that has passed`, index);
      round = data.round ?? round;
      passed = data.verdict?.passed;
    } else if (type === "agent_delta" && data.text !== "" && gate === "block" && passed !== true) {
      yield finding(12, "shown-has-passed", `${about} shows what has not passed`, index);
    } else if (type === "agent_completed" && gate !== "off") {
      const isRejected = data.error?.code === "quality_rejected";
      if (data.outcome === "completed" && (gate === "block" ? passed !== true : passed === undefined))
        yield finding(12, "shown-has-passed", `${about} is an answer that has not passed`, index);
      if (isRejected && (gate !== "block" || passed !== false))
        yield finding(12, "rejected-for-a-reason", `${about} was rejected, and no verdict says so`, index);
    }
  }
}
