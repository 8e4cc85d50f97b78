import { type RunId, type RunView, runText } from "@throughline/protocol";

/** What a screen reader is told of a run: where it stands as far as that is worth a word. */
type Standing = RunView["state"] | "asks";

export type Standings = ReadonlyMap<RunId, Standing>;

export function standingsOf(runs: readonly RunView[]): Standings {
  return new Map(runs.map((run) => [run.runId, standingOf(run)]));
}

/** The newest change between two times; undefined when there is nothing to say. */
export function announcement(before: Standings, runs: readonly RunView[]): string | undefined {
  const changed = runs.findLast((run) => before.get(run.runId) !== standingOf(run));
  return changed && describe(changed);
}

function standingOf(run: RunView): Standing {
  return run.steps.some((step) => step.calls.some((call) => call.state === "approval")) ? "asks" : run.state;
}

function describe(run: RunView): string | undefined {
  switch (standingOf(run)) {
    case "asks":
      return "The agent asks for your approval.";
    case "running":
      return "The agent is answering.";
    case "completed":
      return `Answer: ${withoutMarks(runText(run))}`;
    case "failed":
      return `The run failed. ${run.error?.message ?? ""}`;
    case "cancelled":
      return "The run was stopped.";
    case "queued":
    case "stopping":
      return undefined;
  }
}

/** Markdown as it is read aloud: without emphasis, code and heading marks. */
function withoutMarks(markdown: string): string {
  return markdown.replace(/\*\*|`+|^#{1,6} /gm, "");
}
