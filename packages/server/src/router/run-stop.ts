import type { RunId } from "@throughline/protocol";
import { CodedError } from "../base/coded-error.ts";
import type { FeedState } from "../log/feed-state.ts";
import type { NewEvent } from "../log/stored-event.ts";
import type { Route } from "./route.ts";

/** Makes the wish to stop durable; from then on the append gate refuses new model steps and tool calls of the run. */
export const runStop: Route<"run.stop"> = {
  type: "run.stop",
  owner: "router/run-stop",
  permission: "runs.stop",
  decide(state, { runId }) {
    const run = state.runs.get(runId);
    if (run === undefined) return { refusal: new CodedError("not_found", `unable to run.stop; no run ${runId}`) };
    if (run.phase === "ended") return { events: [], reply: { runId, state: "ended" } };
    return { events: stopRequests(state, [runId]), reply: { runId, state: "stopping" } };
  },
};

/** One `run_stop_requested` for each of the runs that goes on and was not asked before. */
export function stopRequests(state: FeedState, runIds: readonly RunId[]): NewEvent[] {
  return runIds.flatMap((runId): NewEvent[] => {
    const run = state.runs.get(runId);
    if (run?.phase !== "queued" && run?.phase !== "running") return [];
    return [{ type: "run_stop_requested", threadId: run.threadId, runId, data: {} }];
  });
}
