import { useClient, useThread, useUnsent } from "@throughline/client/react";
import type { RunView, ThreadId } from "@throughline/protocol";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { ModelLine } from "./model-line.tsx";
import { PendingMessage } from "./pending-message.tsx";
import { pendingMessages } from "./pending-messages.ts";
import { RunItem } from "./run-item.tsx";
import { useStickToEnd } from "./use-stick-to-end.ts";
import { Welcome } from "./welcome.tsx";

interface ThreadPanelProps {
  readonly threadId: ThreadId | undefined;
  onChoose(threadId: ThreadId): void;
  onOpenDrawer(): void;
}

export function ThreadPanel({ threadId, onChoose, onOpenDrawer }: ThreadPanelProps) {
  const client = useClient();
  const state = useThread(threadId);
  const pending = pendingMessages(useUnsent(), threadId);
  const thread = state?.status === "ready" ? state.thread : undefined;
  const runs: readonly RunView[] = thread?.runs ?? [];
  const openRun = runs.find((run) => run.state === "running" || run.state === "stopping" || run.state === "queued");
  const { scroller, atEnd, toEnd } = useStickToEnd(thread, pending.length);

  const send = (text: string, onBusy: "queue" | "interrupt") => {
    const sent = client.send({ ...(threadId === undefined ? {} : { threadId }), text, onBusy });
    toEnd();
    if (threadId === undefined) {
      sent.reply.then((reply) => onChoose(reply.threadId)).catch(() => undefined);
    }
    return sent.reply;
  };

  return (
    <main className="panel" aria-label={thread?.title ?? "New conversation"}>
      <header className="panel-head">
        <button
          type="button"
          className="icon-button drawer-button"
          aria-label="Show conversations"
          onClick={onOpenDrawer}
        >
          <span aria-hidden="true">☰</span>
        </button>
        <div className="panel-title">
          <h1>{thread?.title ?? (threadId === undefined ? "New conversation" : "…")}</h1>
          <ModelLine />
        </div>
      </header>
      <div className="scroller" ref={scroller}>
        <div className="runs" role="log" aria-label="Messages" aria-live="off">
          {state?.status === "failed" && (
            <p className="notice" role="alert">
              {state.error.code === "not_found" ? "This conversation does not exist." : state.error.message}
            </p>
          )}
          {state?.status === "ready" && state.more && (
            <button type="button" className="link-button" onClick={() => void state.loadOlder()}>
              Show earlier messages
            </button>
          )}
          {threadId === undefined && pending.length === 0 && <Welcome onChoose={(text) => void send(text, "queue")} />}
          {runs.map((run) => (
            <RunItem key={run.runId} run={run} onSendAgain={() => void send(run.text, "queue")} />
          ))}
          {pending.map((entry) => (
            <PendingMessage key={entry.id} text={entry.data.text} />
          ))}
        </div>
      </div>
      {!atEnd && (
        <button type="button" className="to-end" onClick={toEnd}>
          Jump to latest
        </button>
      )}
      <Announcer runs={runs} />
      <Composer key={threadId ?? "new"} draftKey={threadId ?? "new"} openRun={openRun} onSend={send} />
    </main>
  );
}
