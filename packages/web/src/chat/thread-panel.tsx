import { useClient, useThread, useUnsent } from "@throughline/client/react";
import type { RunView, ThreadId } from "@throughline/protocol";
import { useCallback } from "react";
import type { Account } from "../session/session.ts";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { moveDraft } from "./drafts.ts";
import { Messages } from "./messages.tsx";
import { pageTitle } from "./page-title.ts";
import { PanelHead } from "./panel-head.tsx";
import { unsentMessages } from "./unsent-commands.ts";
import { useBeginning } from "./use-beginning.ts";
import type { Model } from "./use-model.ts";

interface ThreadPanelProps {
  readonly account: Account;
  readonly threadId: ThreadId | undefined;
  readonly model: Model | undefined;
  onChoose(threadId: ThreadId | undefined): void;
}

export function ThreadPanel({ account, threadId, model, onChoose }: ThreadPanelProps) {
  const client = useClient();
  const state = useThread(threadId);
  const pending = unsentMessages(useUnsent(), threadId);
  const draftKey = (id: ThreadId | undefined) => `${account.id}.${id ?? "new"}`;

  const onBegun = useCallback(
    (begun: ThreadId) => {
      moveDraft(`${account.id}.new`, `${account.id}.${begun}`);
      onChoose(begun);
    },
    [account.id, onChoose],
  );
  const [beginning, begin] = useBeginning(threadId, onBegun);
  const send = useCallback(
    (text: string, onBusy: "queue" | "interrupt") =>
      threadId === undefined ? begin(text) : client.send({ threadId, text, onBusy }).reply,
    [client, threadId, begin],
  );

  const thread = state?.status === "ready" ? state.thread : undefined;
  const runs: readonly RunView[] = thread?.runs ?? [];
  const openRun = runs.find((run) => run.endedAt === undefined);
  // Between the server's answer and the first snapshot nobody else has the text.
  const arriving = thread === undefined && beginning?.begun !== undefined ? beginning.text : undefined;
  const title = thread?.title ?? beginning?.text ?? (threadId === undefined ? "New conversation" : "Conversation");
  const gone = thread?.deleted === true || (state?.status === "failed" && state.error.code === "not_found");

  return (
    <main className="panel" aria-label={title}>
      <title>{pageTitle(title, runs)}</title>
      <PanelHead title={title} model={model} />
      <Messages
        key={threadId ?? "new"}
        threadId={threadId}
        state={state}
        gone={gone}
        pending={pending}
        arriving={arriving}
        model={model}
        onSend={send}
        onNew={() => onChoose(undefined)}
      />
      <Announcer key={`announce ${threadId}`} runs={thread?.runs} begunRunId={beginning?.begun?.runId} />
      {!gone && (
        <Composer
          draftKey={draftKey(threadId)}
          openRun={openRun}
          waits={threadId === undefined && beginning !== undefined}
          onSend={send}
        />
      )}
    </main>
  );
}
