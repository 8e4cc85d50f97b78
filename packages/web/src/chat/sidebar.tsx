import { useThreads } from "@throughline/client/react";
import type { ThreadId } from "@throughline/protocol";
import { useRef } from "react";
import type { Account } from "../session/session.ts";
import { ThemeButton } from "../theme-button.tsx";
import { ConnectionIndicator } from "./connection-indicator.tsx";
import { DocumentsDialog } from "./documents-dialog.tsx";
import { ThreadItem } from "./thread-item.tsx";

interface SidebarProps {
  readonly account: Account;
  readonly threadId: ThreadId | undefined;
  onChoose(threadId: ThreadId | undefined): void;
  onSignOut(): void;
}

export function Sidebar({ account, threadId, onChoose, onSignOut }: SidebarProps) {
  const threads = useThreads();
  const documents = useRef<HTMLDialogElement>(null);
  return (
    <aside className="sidebar" aria-label="Conversations">
      <header className="sidebar-head">
        <img src="/icon.svg" alt="" width="26" height="26" />
        <strong>Throughline</strong>
        <ThemeButton />
      </header>
      <button type="button" className="primary new-thread" onClick={() => onChoose(undefined)}>
        New conversation
      </button>
      <nav aria-label="Conversation list" className="thread-list">
        {threads.status === "loading" && <p className="muted">Loading …</p>}
        {threads.status === "failed" && <p className="muted">{threads.error.message}</p>}
        {threads.status === "ready" && threads.threads.length === 0 && <p className="muted">Nothing here yet.</p>}
        {threads.status === "ready" && (
          <ul>
            {threads.threads.map((thread) => (
              <ThreadItem
                key={thread.threadId}
                thread={thread}
                chosen={thread.threadId === threadId}
                onChoose={() => onChoose(thread.threadId)}
                onDeleted={() => thread.threadId === threadId && onChoose(undefined)}
              />
            ))}
          </ul>
        )}
      </nav>
      <footer className="sidebar-foot">
        <ConnectionIndicator />
        <div className="account">
          <span className="account-name" title={account.email}>
            {account.name}
          </span>
          <button type="button" className="link-button" onClick={() => documents.current?.showModal()}>
            Documents
          </button>
          <button type="button" className="link-button" onClick={onSignOut}>
            Sign out
          </button>
        </div>
      </footer>
      <DocumentsDialog dialog={documents} />
    </aside>
  );
}
