import type { ThreadSummary } from "@throughline/protocol";
import { Dialog } from "../dialog.tsx";

interface DeleteDialogProps {
  readonly thread: ThreadSummary;
  onAnswer(isDelete: boolean): void;
}

export function DeleteDialog({ thread, onAnswer }: DeleteDialogProps) {
  const running = thread.openRunIds.length > 0;
  return (
    <Dialog label="Delete the conversation" onClose={(answer) => onAnswer(answer === "delete")}>
      <form method="dialog">
        <p>
          Delete <strong>{thread.title ?? "this conversation"}</strong>?
        </p>
        <p className="muted">
          Its messages are removed for all your devices{running ? ", and its run is stopped" : ""}. This cannot be
          undone.
        </p>
        <div className="dialog-actions">
          <button type="submit">Keep</button>
          <button type="submit" className="danger" value="delete">
            Delete
          </button>
        </div>
      </form>
    </Dialog>
  );
}
