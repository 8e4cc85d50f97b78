import { type RunId, type RunView, runText } from "@throughline/protocol";
import { memo } from "react";
import { Markdown } from "./markdown.tsx";
import { RunFoot } from "./run-foot.tsx";
import { StepItem } from "./step-item.tsx";

interface RunItemProps {
  readonly run: RunView;
  onSendAgain(text: string): void;
  onStop(runId: RunId): void;
}

export const RunItem = memo(function RunItem({ run, onSendAgain, onStop }: RunItemProps) {
  const active = run.state === "running" || run.state === "stopping";
  // Compaction removes the pieces of an answer that has ended; the answer itself then stands in for them.
  const hasStepTexts = run.steps.some((step) => step.text !== "");
  const text = hasStepTexts ? "" : runText(run);
  return (
    <article className="run" data-run-state={run.state} data-run-id={run.runId}>
      <div className="message" title={new Date(run.acceptedAt).toLocaleString()}>
        {run.text}
      </div>
      <div className="answer" aria-busy={active}>
        {run.attempt > 1 && (
          <p className="run-note">Resumed after an interruption, attempt {run.attempt}. Nothing was lost.</p>
        )}
        {run.steps.map((step, index) => (
          <StepItem key={step.step} step={step} active={active && index === run.steps.length - 1} />
        ))}
        {text !== "" && <Markdown text={text} streaming={false} />}
        <RunFoot run={run} onSendAgain={onSendAgain} onStop={onStop} />
      </div>
    </article>
  );
});
