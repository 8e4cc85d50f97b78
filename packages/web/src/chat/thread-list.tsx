import { useClient, useThreads, useUnsent } from "@throughline/client/react";
import type { ThreadId, ThreadSummary } from "@throughline/protocol";
import { useState } from "react";
import { DeleteDialog } from "./delete-dialog.tsx";
import { useReportProblem } from "./problem.ts";
import { RenameDialog } from "./rename-dialog.tsx";
import { ThreadItem } from "./thread-item.tsx";
import { unsentCommands } from "./unsent-commands.ts";

interface ThreadListProps {
  readonly threadId: ThreadId | undefined;
  onChoose(threadId: ThreadId | undefined): void;
  /** The focused item is about to go away. */
  onDeleted(): void;
}

type Asking = { readonly kind: "rename" | "delete"; readonly thread: ThreadSummary };

export function ThreadList({ threadId, onChoose, onDeleted }: ThreadListProps) {
  const client = useClient();
  const report = useReportProblem();
  const state = useThreads();
  const unsent = useUnsent();
  const [asking, setAsking] = useState<Asking>();
  const renames = new Map(unsentCommands(unsent, "thread.rename").map(({ data }) => [data.threadId, data.title]));
  const deletes = new Set(unsentCommands(unsent, "thread.delete").map(({ data }) => data.threadId));

  const rename = (thread: ThreadSummary, title: string | undefined) => {
    setAsking(undefined);
    if (title !== undefined) client.renameThread(thread.threadId, title).reply.catch(report);
  };
  const remove = (thread: ThreadSummary, isDelete: boolean) => {
    setAsking(undefined);
    if (!isDelete) return;
    client.deleteThread(thread.threadId).reply.catch(report);
    if (thread.threadId === threadId) onChoose(undefined);
    onDeleted();
  };

  return (
    <nav aria-label="Conversation list" className="thread-list">
      {state.status === "loading" && <p className="muted late">Loading …</p>}
      {state.status === "failed" && <p className="muted">{state.error.message}</p>}
      {state.status === "ready" && state.threads.length === 0 && <p className="muted">No conversations yet.</p>}
      {state.status === "ready" && (
        <ul>
          {state.threads.map((thread) => (
            <ThreadItem
              key={thread.threadId}
              thread={thread}
              chosen={thread.threadId === threadId}
              title={renames.get(thread.threadId) ?? thread.title ?? "Untitled"}
              deleting={deletes.has(thread.threadId)}
              onChoose={() => onChoose(thread.threadId)}
              onRename={() => setAsking({ kind: "rename", thread })}
              onDelete={() => setAsking({ kind: "delete", thread })}
            />
          ))}
        </ul>
      )}
      {state.status === "ready" && state.more && <p className="muted">Older conversations are not listed.</p>}
      {asking?.kind === "rename" && (
        <RenameDialog title={asking.thread.title ?? ""} onAnswer={(title) => rename(asking.thread, title)} />
      )}
      {asking?.kind === "delete" && (
        <DeleteDialog thread={asking.thread} onAnswer={(isDelete) => remove(asking.thread, isDelete)} />
      )}
    </nav>
  );
}
