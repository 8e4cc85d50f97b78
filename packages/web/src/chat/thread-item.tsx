import { useClient } from "@throughline/client/react";
import type { ThreadSummary } from "@throughline/protocol";
import { type FormEvent, useRef } from "react";

interface ThreadItemProps {
  readonly thread: ThreadSummary;
  readonly chosen: boolean;
  onChoose(): void;
  onDeleted(): void;
}

const titleCharactersMax = 200;

export function ThreadItem({ thread, chosen, onChoose, onDeleted }: ThreadItemProps) {
  const client = useClient();
  const renaming = useRef<HTMLDialogElement>(null);
  const deleting = useRef<HTMLDialogElement>(null);
  const title = thread.title ?? "Untitled";
  const running = thread.openRunIds.length > 0;

  const rename = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("title") ?? "").trim();
    if (text !== "") client.renameThread(thread.threadId, text);
    renaming.current?.close();
  };
  const remove = () => {
    client.deleteThread(thread.threadId);
    deleting.current?.close();
    onDeleted();
  };

  return (
    <li className="thread-item" data-chosen={chosen}>
      <button type="button" className="thread-title" aria-current={chosen ? "page" : undefined} onClick={onChoose}>
        {running && <span className="pulse" role="img" aria-label="running" />}
        <span>{title}</span>
      </button>
      <span className="thread-actions">
        <button
          type="button"
          className="icon-button"
          aria-label={`Rename ${title}`}
          onClick={() => renaming.current?.showModal()}
        >
          <span aria-hidden="true">✎</span>
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={`Delete ${title}`}
          onClick={() => deleting.current?.showModal()}
        >
          <span aria-hidden="true">✕</span>
        </button>
      </span>
      <dialog ref={renaming} className="dialog" aria-label="Rename the conversation">
        <form onSubmit={rename}>
          <label>
            Title
            <input name="title" defaultValue={thread.title} maxLength={titleCharactersMax} required />
          </label>
          <div className="dialog-actions">
            <button type="button" onClick={() => renaming.current?.close()}>
              Cancel
            </button>
            <button type="submit" className="primary">
              Rename
            </button>
          </div>
        </form>
      </dialog>
      <dialog ref={deleting} className="dialog" aria-label="Delete the conversation">
        <p>
          Delete “{title}”? Its messages are removed from the server{running ? ", and its run is stopped" : ""}.
        </p>
        <div className="dialog-actions">
          <button type="button" onClick={() => deleting.current?.close()}>
            Keep
          </button>
          <button type="button" className="danger" onClick={remove}>
            Delete
          </button>
        </div>
      </dialog>
    </li>
  );
}
