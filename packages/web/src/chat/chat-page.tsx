import { browserOutbox, createClient } from "@throughline/client";
import { ClientProvider } from "@throughline/client/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { type Account, signOut } from "../session/session.ts";
import { ProblemContext } from "./problem.ts";
import { ProblemBar } from "./problem-bar.tsx";
import { Sidebar } from "./sidebar.tsx";
import { SkipLink } from "./skip-link.tsx";
import { ThreadPanel } from "./thread-panel.tsx";
import { useChosenThread } from "./use-chosen-thread.ts";
import { useModel } from "./use-model.ts";

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
  const [problem, setProblem] = useState<string>();
  const report = useCallback((error: unknown) => {
    setProblem(error instanceof Error ? error.message : String(error));
  }, []);
  const model = useModel();
  const isLeaving = useRef(false);
  const leave = useCallback(() => {
    isLeaving.current = true;
    signOut().then(
      () => {
        // Whoever signs in next does not begin in this person's thread.
        chooseThread(undefined);
        onSignedOut();
      },
      (error) => {
        isLeaving.current = false;
        if (client.status.state === "closed") onSignedOut();
        else report(error);
      },
    );
  }, [client, chooseThread, onSignedOut, report]);

  useEffect(() => {
    const remove = client.onStatus((status) => {
      if (status.state !== "closed" || isLeaving.current) return;
      if (status.reason === "unauthenticated") onSignedOut("You were signed out.");
      if (status.reason === "forbidden") onSignedOut(status.message ?? "The server does not let this page in.");
    });
    client.connect();
    return () => {
      remove();
      client.close();
    };
  }, [client, onSignedOut]);

  return (
    <ClientProvider client={client}>
      <ProblemContext value={report}>
        <SkipLink />
        <div className="chat">
          <Sidebar account={account} threadId={threadId} onChoose={chooseThread} onSignOut={leave} />
          <ThreadPanel account={account} threadId={threadId} model={model} onChoose={chooseThread} />
        </div>
        <ProblemBar message={problem} onDismiss={() => setProblem(undefined)} />
      </ProblemContext>
    </ClientProvider>
  );
}
