import type { ThreadId } from "@throughline/protocol";
import { type ToggleEvent, useEffect, useRef } from "react";
import { Icon } from "../icon.tsx";
import type { Account } from "../session/session.ts";
import { ThemeButton } from "../theme-button.tsx";
import { AccountFoot } from "./account-foot.tsx";
import { sidebarId } from "./sidebar-id.ts";
import { ThreadList } from "./thread-list.tsx";

interface SidebarProps {
  readonly account: Account;
  readonly threadId: ThreadId | undefined;
  onChoose(threadId: ThreadId | undefined): void;
  onSignOut(): void;
}

/** Beside the thread on wide screens; on narrow ones a popover, so Escape, taps beside it and focus are the browser's. */
export function Sidebar({ account, threadId, onChoose, onSignOut }: SidebarProps) {
  const sidebar = useRef<HTMLElement>(null);
  const newThread = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    const wide = matchMedia("(min-width: 761px)");
    const hide = () => sidebar.current?.hidePopover();
    wide.addEventListener("change", hide);
    return () => wide.removeEventListener("change", hide);
  }, []);

  const choose = (chosen: ThreadId | undefined) => {
    onChoose(chosen);
    sidebar.current?.hidePopover();
  };
  const onToggle = (event: ToggleEvent<HTMLElement>) => {
    // Dialogs in here have toggles of their own.
    if (event.target === event.currentTarget && event.newState === "open") newThread.current?.focus();
  };

  return (
    <aside
      ref={sidebar}
      id={sidebarId}
      popover="auto"
      className="sidebar"
      aria-label="Conversations"
      onToggle={onToggle}
    >
      <header className="sidebar-head">
        <img src="/icon.svg" alt="" width="26" height="26" />
        <strong>Throughline</strong>
        <ThemeButton />
      </header>
      <button ref={newThread} type="button" className="new-thread" onClick={() => choose(undefined)}>
        <Icon name="plus" />
        New conversation
      </button>
      <ThreadList threadId={threadId} onChoose={choose} onDeleted={() => newThread.current?.focus()} />
      <AccountFoot account={account} onSignOut={onSignOut} />
    </aside>
  );
}
