import type { ThreadSummary } from "@throughline/protocol";
import { Icon } from "../icon.tsx";

interface ThreadItemProps {
  readonly thread: ThreadSummary;
  readonly title: string;
  readonly chosen: boolean;
  /** Its deletion is on its way. */
  readonly deleting: boolean;
  onChoose(): void;
  onRename(): void;
  onDelete(): void;
}

export function ThreadItem({ thread, title, chosen, deleting, onChoose, onRename, onDelete }: ThreadItemProps) {
  const running = thread.openRunIds.length > 0;
  return (
    <li className="thread-item" data-chosen={chosen} data-running={running}>
      <button
        type="button"
        className="thread-title"
        aria-current={chosen ? "page" : undefined}
        title={title}
        disabled={deleting}
        onClick={onChoose}
      >
        {running && <span className="pulse" role="img" aria-label="running" />}
        <span className="clipped">{title}</span>
      </button>
      {deleting ? (
        <span className="thread-note">Deleting …</span>
      ) : (
        <span className="thread-actions">
          <button
            type="button"
            className="icon-button"
            aria-label={`Rename ${title}`}
            title="Rename"
            onClick={onRename}
          >
            <Icon name="pencil" />
          </button>
          <button
            type="button"
            className="icon-button"
            aria-label={`Delete ${title}`}
            title="Delete"
            onClick={onDelete}
          >
            <Icon name="trash" />
          </button>
        </span>
      )}
    </li>
  );
}
