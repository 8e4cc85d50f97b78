import type { Event } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { RouterBench } from "../../../../tests/support/router-bench.ts";

const types = (events: readonly Event[]) => events.map((event) => event.type);

describe("run.stop", () => {
  test("asked again, by any device, says stopping, and asks once; after the end it says ended", async () => {
    const bench = new RouterBench();
    const { runId, add } = await bench.runningRun();
    expect(await bench.accepted("run.stop", { runId })).toEqual({ runId, state: "stopping" });
    expect(await bench.accepted("run.stop", { runId })).toEqual({ runId, state: "stopping" });
    expect(types(await bench.events()).filter((type) => type === "run_stop_requested")).toHaveLength(1);
    await add({ type: "agent_completed", data: { outcome: "cancelled" } });
    const head = await bench.head();
    expect(await bench.accepted("run.stop", { runId })).toEqual({ runId, state: "ended" });
    expect(await bench.head()).toBe(head);
  });
});
