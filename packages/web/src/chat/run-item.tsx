import { type RunView, runText } from "@throughline/protocol";
import { Markdown } from "./markdown.tsx";
import { StepItem } from "./step-item.tsx";

interface RunItemProps {
  readonly run: RunView;
  onSendAgain(): void;
}

export function RunItem({ run, onSendAgain }: RunItemProps) {
  const active = run.state === "running" || run.state === "stopping";
  // Compaction removes the pieces of an answer that has ended; the answer itself then stands in for them.
  const hasStepTexts = run.steps.some((step) => step.text !== "");
  const text = hasStepTexts ? "" : runText(run);
  return (
    <article className="run" data-run-state={run.state} data-run-id={run.runId}>
      <div className="message">{run.text}</div>
      <div className="answer">
        {run.attempt > 1 && active && (
          <p className="run-note">Resumed after an interruption (attempt {run.attempt}).</p>
        )}
        {run.steps.map((step, index) => (
          <StepItem key={step.step} step={step} active={active && index === run.steps.length - 1} />
        ))}
        {text !== "" && <Markdown text={text} streaming={false} />}
        <RunFoot run={run} onSendAgain={onSendAgain} />
      </div>
    </article>
  );
}

function RunFoot({ run, onSendAgain }: RunItemProps) {
  const { inputTokens, outputTokens } = run.usage ?? {};
  switch (run.state) {
    case "queued":
      return <p className="run-note">Queued: it begins when the run before it has ended.</p>;
    case "running":
      return run.steps.length === 0 ? <p className="run-note busy">Starting …</p> : null;
    case "stopping":
      return <p className="run-note busy">Stopping …</p>;
    case "completed":
      if (inputTokens === undefined && outputTokens === undefined) return null;
      return (
        <p className="run-usage">
          {inputTokens ?? 0} tokens in, {outputTokens ?? 0} out
        </p>
      );
    case "cancelled":
    case "failed":
      return (
        <p className="run-note" data-tone={run.state}>
          {run.state === "cancelled" ? "Stopped." : `Failed: ${run.error?.message ?? "the reason is not known"}`}{" "}
          <button type="button" className="link-button" onClick={onSendAgain}>
            Send again
          </button>
        </p>
      );
  }
}
