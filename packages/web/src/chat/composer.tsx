import { useClient, useUnsent } from "@throughline/client/react";
import type { RunView } from "@throughline/protocol";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Icon } from "../icon.tsx";
import { readDraft, useDraft, writeDraft } from "./drafts.ts";
import { useReportProblem } from "./problem.ts";
import { composerId } from "./skip-link.tsx";
import { unsentCommands } from "./unsent-commands.ts";

interface ComposerProps {
  readonly draftKey: string;
  /** The oldest run of this thread that has not ended, if there is one. */
  readonly openRun: RunView | undefined;
  /** The conversation is being begun; what comes next has no place yet. */
  readonly waits: boolean;
  onSend(text: string, onBusy: "queue" | "interrupt"): Promise<unknown>;
}

export function Composer({ draftKey, openRun, waits, onSend }: ComposerProps) {
  const client = useClient();
  const report = useReportProblem();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useDraft(draftKey);
  const [refusal, setRefusal] = useState<{ readonly draftKey: string; readonly message: string }>();
  const stops = unsentCommands(useUnsent(), "run.stop");
  const stopping = openRun?.state === "stopping" || stops.some(({ data }) => data.runId === openRun?.runId);
  const charactersOver = text.length - (client.limits?.messageTextCharactersMax ?? Number.POSITIVE_INFINITY);
  const sendable = text.trim() !== "" && charactersOver <= 0 && !waits;

  const send = (onBusy: "queue" | "interrupt") => {
    if (!sendable) return;
    setRefusal(undefined);
    setText("");
    onSend(text, onBusy).catch((failure: Error) => {
      setRefusal({ draftKey, message: failure.message });
      // What was refused is given back, unless something new stands there already.
      if (readDraft(draftKey) === "") writeDraft(draftKey, text);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send("queue");
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: another thread, another text to go on with
  useEffect(() => {
    const element = field.current;
    // Ready to type, wherever that does not bring up a keyboard over half the screen.
    if (element === null || !matchMedia("(hover: hover)").matches) return;
    element.focus();
    element.setSelectionRange(element.value.length, element.value.length);
  }, [draftKey]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);

  return (
    <form
      className="composer"
      aria-label="Write a message"
      onSubmit={(event) => {
        event.preventDefault();
        send("queue");
      }}
    >
      <p className="form-error" role="alert">
        {refusal?.draftKey === draftKey && refusal.message}
      </p>
      <div className="composer-field">
        <textarea
          id={composerId}
          ref={field}
          rows={1}
          value={text}
          aria-label="Message"
          aria-describedby="composer-hint"
          placeholder="Ask something, or type /help"
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div className="composer-actions">
          {openRun !== undefined && (
            <button
              type="button"
              className="stop"
              disabled={stopping}
              onClick={() => client.stop(openRun.runId).reply.catch(report)}
            >
              <Icon name="stop" />
              Stop
            </button>
          )}
          {openRun !== undefined && sendable && (
            <button type="button" onClick={() => send("interrupt")}>
              Interrupt
            </button>
          )}
          <button type="submit" className="primary" disabled={!sendable}>
            <Icon name="arrow-up" />
            {openRun === undefined ? "Send" : "Queue"}
          </button>
        </div>
      </div>
      <p id="composer-hint" className="composer-hint" data-tone={charactersOver > 0 ? "error" : undefined}>
        {hint(charactersOver, waits, openRun !== undefined && sendable)}
      </p>
    </form>
  );
}

function hint(charactersOver: number, waits: boolean, busy: boolean): string {
  if (charactersOver > 0) return `${charactersOver.toLocaleString("en")} characters too long to be sent.`;
  if (waits) return "You can send more as soon as your first message has arrived.";
  if (busy) return "Queue waits until the answer is finished, Interrupt stops it first.";
  return "Enter sends, Shift+Enter begins a new line.";
}
