import { type RunView, runText } from "@throughline/protocol";
import { useEffect, useRef, useState } from "react";

/** Tells a screen reader about finished answers and about questions, not about every word that arrives. */
export function Announcer({ runs }: { readonly runs: readonly RunView[] }) {
  const [text, setText] = useState("");
  const known = useRef<ReadonlyMap<string, string> | undefined>(undefined);
  useEffect(() => {
    const now = new Map(runs.map((run) => [run.runId as string, stateOf(run)]));
    const before = known.current;
    known.current = now;
    // What was there when the thread was opened is read by whoever reads the page.
    if (before === undefined || before.size === 0) return;
    for (const run of runs) {
      if (before.get(run.runId) !== now.get(run.runId)) setText(announcement(run));
    }
  }, [runs]);
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}

function asks(run: RunView): boolean {
  return run.steps.some((step) => step.calls.some((call) => call.state === "approval"));
}

function stateOf(run: RunView): string {
  return asks(run) ? "asks" : run.state;
}

function announcement(run: RunView): string {
  if (asks(run)) return "The agent asks for your approval.";
  switch (run.state) {
    case "completed":
      return `Answer: ${runText(run)}`;
    case "failed":
      return `The run failed: ${run.error?.message ?? ""}`;
    case "cancelled":
      return "The run was stopped.";
    case "running":
      return "The agent is answering.";
    default:
      return "";
  }
}
