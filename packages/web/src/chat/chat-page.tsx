import { browserOutbox, createClient } from "@throughline/client";
import { ClientProvider } from "@throughline/client/react";
import { useEffect, useState } from "react";
import { type Account, signOut } from "../session/session.ts";
import { Sidebar } from "./sidebar.tsx";
import { ThreadPanel } from "./thread-panel.tsx";
import { useChosenThread } from "./use-chosen-thread.ts";

interface ChatPageProps {
  readonly account: Account;
  onSignedOut(notice?: string): void;
}

export function ChatPage({ account, onSignedOut }: ChatPageProps) {
  // One client for the account; commands that were not sent yet outlive the page.
  const [client] = useState(() =>
    createClient({ url: location.origin, outbox: browserOutbox(`throughline.outbox.${account.id}`) }),
  );
  const [threadId, chooseThread] = useChosenThread();
  const [drawerOpen, setDrawerOpen] = useState(false);

  useEffect(() => {
    const remove = client.onStatus((status) => {
      if (status.state !== "closed" || status.reason === "closed") return;
      onSignedOut(status.reason === "unauthenticated" ? "You were signed out." : status.message);
    });
    client.connect();
    return () => {
      remove();
      client.close();
    };
  }, [client, onSignedOut]);

  const leave = async () => {
    client.close();
    await signOut();
    onSignedOut();
  };

  return (
    <ClientProvider client={client}>
      <a className="skip-link" href="#composer">
        Skip to the message field
      </a>
      <div className="chat" data-drawer={drawerOpen ? "open" : "closed"}>
        <Sidebar
          account={account}
          threadId={threadId}
          onChoose={(chosen) => {
            chooseThread(chosen);
            setDrawerOpen(false);
          }}
          onSignOut={leave}
        />
        <button
          type="button"
          className="drawer-shade"
          aria-label="Close the list"
          onClick={() => setDrawerOpen(false)}
        />
        <ThreadPanel
          key={threadId ?? "new"}
          threadId={threadId}
          onChoose={chooseThread}
          onOpenDrawer={() => setDrawerOpen(true)}
        />
      </div>
    </ClientProvider>
  );
}
