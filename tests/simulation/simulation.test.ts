/** Random worlds: whatever goes wrong in them, what was promised holds, and what was to be met was met. */
import { expect, test } from "vitest";
import { coverageOf } from "./coverage.ts";
import { judge } from "./judge.ts";
import { planOf } from "./plan.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./world.ts";

const seeds = 2_000;

/** What has to have happened in these many seeds, or they have proved nothing. */
const expected = [
  ...["thread_created", "thread_renamed", "thread_deleted", "message_accepted", "agent_started", "agent_thinking"],
  ...["agent_delta", "tool_executing", "tool_completed", "approval_requested", "approval_answered"],
  ...["run_stop_requested", "run_resumed", "agent_completed", "compacted", "quality_verdict"],
].map((type) => `event ${type}`);

expected.push(
  ...["completed", "failed", "denied", "cancelled", "unknown"].map((outcome) => `tool_completed ${outcome}`),
  ...["completed", "failed", "cancelled"].map((outcome) => `agent_completed ${outcome}`),
  ...["agent_failed", "model_failed", "deadline_exceeded", "cancelled", "quality_rejected"].map(
    (code) => `agent_completed ${code}`,
  ),
  ...["unknown_tool", "approval_denied", "approval_expired", "tool_failed"].map((code) => `tool_completed ${code}`),
  ...["deadline_exceeded", "outcome_unknown", "cancelled"].map((code) => `tool_completed ${code}`),
  ...["accepted", "duplicate", "idempotency_conflict", "not_found", "busy", "conflict"].map((kind) => `reply ${kind}`),
  ...["not_ready", "draining", "unknown_type", "invalid_data", "overloaded"].map((kind) => `reply ${kind}`),
  ...["rate_limited"].flatMap((code) => [`reply ${code}`, `tool_completed ${code}`]),
  ...["stopping", "ended"].map((state) => `run.stop ${state}`),
  ...["epoch", "ahead", "truncated"].map((reason) => `reset ${reason}`),
  ...["welcome", "pong", "draining"].map((kind) => `frame ${kind}`),
  ...["client 1000", "network", "server 1012", "server 4400"].map((how) => `closed by ${how}`),
  ...["node_started", "node_crashed", "node_paused", "node_resumed", "storage_crashed", "history_lost", "hindered"],
  ...["returned", "threw", "aborted"].map((how) => `tool ${how}`),
  "buffered",
  // A node took over what another had begun; an idempotent call was made again; a zombie was refused.
  ...["run on a second node", "call repeated", "append fenced", "append conflict", "append duplicate"],
  ...[
    "frames held for slow readers",
    "drains",
    "resends",
    "command again on another connection",
    "command out of order",
  ],
);

test(`${seeds} worlds break no promise, and meet what they were made for`, { timeout: 900_000 }, async () => {
  const met = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { history, findings } = await judge(planOf(seed));
    expect(findings, `npm run simulate -- --from ${seed} --seeds 1`).toEqual([]);
    for (const [what, count] of coverageOf(history)) met.set(what, (met.get(what) ?? 0) + count);
  }
  expect(expected.filter((what) => !met.has(what))).toEqual([]);
});

test("a seed is a history, to the byte", async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const [first, second] = [await simulate(planOf(seed)), await simulate(planOf(seed))];
    expect(JSON.stringify(second.observations)).toBe(JSON.stringify(first.observations));
  }
});

test("a failing plan is shortened to what makes it fail", async () => {
  const plan = planOf(7);
  const culprit = plan.actions.find((action) => action.do === "send");
  const shortest = await shrink(plan, async (candidate) => candidate.actions.some(({ at }) => at === culprit?.at));
  expect(shortest).toMatchObject({
    nodes: 1,
    users: 1,
    devicesPerUser: 1,
    faults: [],
    actions: [{ do: "send", script: [] }],
  });
});
