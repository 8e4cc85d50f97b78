import type { OutboxEntry, ThreadState } from "@throughline/client";
import { useClient } from "@throughline/client/react";
import type { RunId, ThreadId } from "@throughline/protocol";
import { useCallback } from "react";
import { Icon } from "../icon.tsx";
import { PendingMessage } from "./pending-message.tsx";
import { useReportProblem } from "./problem.ts";
import { RunItem } from "./run-item.tsx";
import type { Model } from "./use-model.ts";
import { useStickToEnd } from "./use-stick-to-end.ts";
import { Welcome } from "./welcome.tsx";

interface MessagesProps {
  readonly threadId: ThreadId | undefined;
  /** Undefined while no thread is chosen. */
  readonly state: ThreadState | undefined;
  /** The thread was deleted, or never was. */
  readonly gone: boolean;
  readonly pending: readonly OutboxEntry<"message.send">[];
  /** Text of a message that the server has and the snapshot does not. */
  readonly arriving: string | undefined;
  readonly model: Model | undefined;
  onSend(text: string, onBusy: "queue" | "interrupt"): Promise<unknown>;
  onNew(): void;
}

/** Everything that was said, and what is about to be. */
export function Messages({ threadId, state, gone, pending, arriving, model, onSend, onNew }: MessagesProps) {
  const client = useClient();
  const report = useReportProblem();
  const ready = state?.status === "ready" ? state : undefined;
  const runs = ready?.thread.runs ?? [];
  const { scroller, content, atEnd, toEnd } = useStickToEnd(runs[0]?.runId, pending.at(-1)?.id);
  const sendAgain = useCallback((text: string) => void onSend(text, "queue").catch(report), [onSend, report]);
  const stop = useCallback((runId: RunId) => void client.stop(runId).reply.catch(report), [client, report]);
  const isEmpty = runs.length === 0 && pending.length === 0 && arriving === undefined;

  return (
    <div className="messages">
      <div className="scroller" ref={scroller}>
        <div className="runs" ref={content} role="log" aria-label="Messages" aria-live="off">
          {gone && (
            <div className="callout">
              <p>
                {state?.status === "failed" ? "This conversation does not exist." : "This conversation was deleted."}
              </p>
              <button type="button" onClick={onNew}>
                Start another
              </button>
            </div>
          )}
          {state?.status === "loading" && arriving === undefined && <p className="muted late">Loading …</p>}
          {state?.status === "failed" && !gone && (
            <p className="callout" role="alert">
              {state.error.message}
            </p>
          )}
          {ready?.more && (
            <button type="button" className="earlier" onClick={() => ready.loadOlder().catch(report)}>
              <Icon name="arrow-up" />
              Show earlier messages
            </button>
          )}
          {threadId === undefined && isEmpty && <Welcome model={model} onChoose={sendAgain} />}
          {ready !== undefined && isEmpty && !gone && <p className="muted">Nothing was said here yet.</p>}
          {runs.map((run) => (
            <RunItem key={run.runId} run={run} onSendAgain={sendAgain} onStop={stop} />
          ))}
          {arriving !== undefined && <PendingMessage text={arriving} />}
          {pending.map((entry) => (
            <PendingMessage key={entry.id} text={entry.data.text} />
          ))}
        </div>
      </div>
      {!atEnd && (
        <button type="button" className="to-end" onClick={toEnd}>
          <Icon name="arrow-down" />
          Jump to latest
        </button>
      )}
    </div>
  );
}
