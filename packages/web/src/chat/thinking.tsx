import { Icon } from "../icon.tsx";

interface ThinkingProps {
  readonly text: string | undefined;
  /** Nothing else of the step is there yet. */
  readonly active: boolean;
}

export function Thinking({ text, active }: ThinkingProps) {
  if (text === undefined) {
    return (
      <p className="thinking" data-active={active}>
        <Icon name="spark" />
        Thinking …
      </p>
    );
  }
  return (
    <details className="thinking" data-active={active} open={active}>
      <summary>
        <Icon name="spark" />
        <span>{active ? "Thinking …" : "Thought"}</span>
        <span className="thinking-line clipped">{text}</span>
        <Icon name="chevron" />
      </summary>
      <p>{text}</p>
    </details>
  );
}
