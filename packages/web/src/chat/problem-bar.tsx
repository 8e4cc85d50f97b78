import { Icon } from "../icon.tsx";

interface ProblemBarProps {
  readonly message: string | undefined;
  onDismiss(): void;
}

/** What was refused; it stays until it is dismissed or the next one comes. */
export function ProblemBar({ message, onDismiss }: ProblemBarProps) {
  return (
    <div className="problem-place" role="alert">
      {message !== undefined && (
        <div className="problem-bar">
          <Icon name="alert" />
          <p>{message}</p>
          <button type="button" className="icon-button" aria-label="Dismiss" onClick={onDismiss}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
