import { type RunId, type RunView, runText } from "@throughline/protocol";
import { Icon } from "../icon.tsx";
import { CopyButton } from "./copy-button.tsx";
import { runFacts } from "./run-facts.ts";
import { VerdictNote } from "./verdict-note.tsx";

interface RunFootProps {
  readonly run: RunView;
  onSendAgain(text: string): void;
  onStop(runId: RunId): void;
}

/** How the run stands or how it ended, and what can be done about it. */
export function RunFoot({ run, onSendAgain, onStop }: RunFootProps) {
  switch (run.state) {
    case "queued":
      return (
        <p className="run-note">
          <Icon name="clock" />
          Queued: it begins when the run before it has ended.
          <button type="button" className="link-button" onClick={() => onStop(run.runId)}>
            Take back
          </button>
        </p>
      );
    case "running":
      return run.steps.length === 0 ? <p className="run-note busy">Starting …</p> : null;
    case "stopping":
      return <p className="run-note busy">Stopping …</p>;
    case "completed":
      return (
        <div className="run-facts">
          <CopyButton text={() => runText(run)} />
          {runFacts(run)}
          {run.verdict !== undefined && <VerdictNote verdict={run.verdict} />}
        </div>
      );
    case "cancelled":
    case "failed":
      return (
        <div className="run-end" data-outcome={run.state}>
          <Icon name={run.state === "cancelled" ? "stop" : "alert"} />
          <p>
            <strong>{run.state === "cancelled" ? "Stopped" : "Failed"}</strong>
            {run.state === "failed" && `: ${run.error?.message ?? "the reason is not known"}`}
          </p>
          <button type="button" onClick={() => onSendAgain(run.text)}>
            Send again
          </button>
          {run.verdict !== undefined && <VerdictNote verdict={run.verdict} />}
        </div>
      );
  }
}
