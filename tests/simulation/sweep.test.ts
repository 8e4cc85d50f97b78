/** A crash at each place of a small scenario, none left out; random worlds meet only some of them. */
import { expect, test } from "vitest";
import { judge } from "./judge.ts";
import { cuts, scenarios, sweep } from "./sweep.ts";

/** `npm run simulate -- --sweep` does the others, and the sleeps, which say more where another node takes over. */
const [scenario] = scenarios;
const deaths = cuts.filter(({ name }) => !name.includes("sleep"));

test.each(deaths)("$name, at one place after the other: no promise is broken", { timeout: 300_000 }, async (cut) => {
  if (scenario === undefined) throw new Error("there is no scenario");
  let places = 0;
  for await (const { place, findings } of sweep(scenario, cut)) {
    expect(findings, `${cut.name} ${place}`).toEqual([]);
    places = place - 1;
  }
  console.log(`${scenario.name}, ${cut.name} 1 to ${places}`);
  // Fewer commits than that cannot tell the story of a run.
  expect(places).toBeGreaterThan(20);
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
