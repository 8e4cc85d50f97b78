import type { ThroughlineError } from "@throughline/client";
import { useClient } from "@throughline/client/react";
import type { RunView } from "@throughline/protocol";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { readDraft, writeDraft } from "./drafts.ts";

interface ComposerProps {
  readonly draftKey: string;
  /** The run of this thread that has not ended, if there is one. */
  readonly openRun: RunView | undefined;
  onSend(text: string, onBusy: "queue" | "interrupt"): Promise<unknown>;
}

export function Composer({ draftKey, openRun, onSend }: ComposerProps) {
  const client = useClient();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => readDraft(draftKey));
  const [error, setError] = useState<string>();
  const charactersMax = client.limits?.messageTextCharactersMax;

  const change = (value: string) => {
    setText(value);
    writeDraft(draftKey, value);
  };
  const send = (onBusy: "queue" | "interrupt") => {
    if (text.trim() === "") return;
    setError(undefined);
    const sent = text;
    change("");
    onSend(sent, onBusy).catch((failure: ThroughlineError) => {
      setError(failure.message);
      // What was refused is given back, unless something new stands there already.
      if (field.current?.value === "") change(sent);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send("queue");
  };

  useEffect(() => {
    // Ready to type, wherever that does not bring up a keyboard over half the screen.
    if (matchMedia("(hover: hover)").matches) field.current?.focus();
  }, []);

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
      onSubmit={(event) => {
        event.preventDefault();
        send("queue");
      }}
    >
      {error !== undefined && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
      <div className="composer-field">
        <textarea
          id="composer"
          ref={field}
          rows={1}
          value={text}
          maxLength={charactersMax}
          aria-label="Message"
          placeholder="Ask something, or type /help"
          onChange={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {openRun !== undefined && (
          <button
            type="button"
            className="stop"
            disabled={openRun.state === "stopping"}
            onClick={() => void client.stop(openRun.runId)}
          >
            Stop
          </button>
        )}
        {openRun !== undefined && text.trim() !== "" && (
          <button type="button" title="Stop the run and send this instead" onClick={() => send("interrupt")}>
            Interrupt
          </button>
        )}
        <button type="submit" className="primary" disabled={text.trim() === ""}>
          {openRun === undefined ? "Send" : "Queue"}
        </button>
      </div>
      <p className="composer-hint">Enter sends, Shift+Enter begins a new line.</p>
    </form>
  );
}
