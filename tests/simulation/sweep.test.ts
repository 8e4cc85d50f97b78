/** A crash at each place of a small scenario, none left out; random worlds meet only some of them. */
import { expect, test } from "vitest";
import { coverageOf } from "./coverage.ts";
import { judge } from "./judge.ts";
import { cuts, type Scenario, scenarios, sweep } from "./sweep.ts";

const [oneNode, , twoNodes] = scenarios as readonly [Scenario, Scenario, Scenario];
/** Deaths of one node, and sleeps where another one takes over; `npm run simulate -- --sweep` does all of all. */
const here = cuts
  .filter(({ name }) => !name.startsWith("crash before"))
  .map((cut) => ({ ...cut, cut, scenario: cut.name.includes("sleep") ? twoNodes : oneNode }));
/** Where nothing of this happens nothing is proved. */
const recovered = ["event run_resumed", "tool_completed unknown", "call repeated"];

test.each(here)("$name, at one place after the other: no promise is broken", { timeout: 300_000 }, async (each) => {
  const { cut, scenario } = each;
  const met = new Set<string>();
  let places = 0;
  for await (const { place, history, findings } of sweep(scenario, cut)) {
    expect(findings, `${cut.name} ${place}`).toEqual([]);
    places = place - 1;
    for (const what of coverageOf(history).keys()) met.add(what);
  }
  console.log(`${scenario.name}, ${cut.name} 1 to ${places}`);
  // Fewer commits than that cannot tell the story of a run.
  expect(places).toBeGreaterThan(20);
  if (!cut.name.includes("commit")) expect(recovered.filter((what) => !met.has(what))).toEqual([]);
});

test.each(scenarios)("$name: without a cut everything in it happens", async ({ plan }) => {
  const { history, findings } = await judge(plan);
  expect(findings).toEqual([]);
  const shown = history.observations.flatMap((seen) => (seen.kind === "received" ? [seen.text] : [])).join("\n");
  const wanted = plan.actions.some(({ do: what }) => what === "stop")
    ? ["tool_executing", "run_stop_requested", "agent_completed", "thread_deleted"]
    : ["tool_executing", "approval_answered", "agent_delta", '"duplicate":true', "thread_renamed", "compacted"];
  expect(wanted.filter((what) => !shown.includes(what))).toEqual([]);
});
