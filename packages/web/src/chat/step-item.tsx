import type { StepView } from "@throughline/protocol";
import { Markdown } from "./markdown.tsx";
import { Thinking } from "./thinking.tsx";
import { ToolCard } from "./tool-card.tsx";

interface StepItemProps {
  readonly step: StepView;
  /** It is the step that the agent is at. */
  readonly active: boolean;
}

export function StepItem({ step, active }: StepItemProps) {
  const silent = active && step.text === "" && step.calls.length === 0;
  return (
    <section className="step" aria-label={`Step ${step.step}`}>
      {(silent || step.thinking !== undefined) && <Thinking text={step.thinking} active={silent} />}
      {step.text !== "" && <Markdown text={step.text} streaming={active} />}
      {step.calls.map((call) => (
        <ToolCard key={call.callId} call={call} />
      ))}
    </section>
  );
}
