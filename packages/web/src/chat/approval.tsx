import { useClient, useUnsent } from "@throughline/client/react";
import type { ApprovalDecision, ToolCallView } from "@throughline/protocol";
import { type MouseEvent, useState } from "react";
import { unsentCommands } from "./unsent-commands.ts";

interface ApprovalProps {
  readonly call: ToolCallView;
  readonly approval: NonNullable<ToolCallView["approval"]>;
}

/** The question that a person answers. It is bound to this very tool and input; another answer may come first. */
export function Approval({ call, approval }: ApprovalProps) {
  const client = useClient();
  const answers = unsentCommands(useUnsent(), "approval.answer");
  const sending = answers.find(({ data }) => data.callId === call.callId)?.data.decision;
  const [error, setError] = useState<string>();

  const answer = (event: MouseEvent<HTMLButtonElement>, decision: ApprovalDecision) => {
    setError(undefined);
    // The buttons go away with the question; the card stays.
    event.currentTarget.closest("details")?.querySelector("summary")?.focus();
    const { reply } =
      decision === "approve" ? client.approve(call.callId, approval.digest) : client.deny(call.callId, approval.digest);
    reply.catch((failure: Error) => setError(failure.message));
  };
  const until = new Date(approval.expiresAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  return (
    <fieldset className="approval" disabled={sending !== undefined} aria-label={`Approve ${call.tool}?`}>
      <p>
        The agent wants to call <code>{call.tool}</code> with exactly this input. Without an answer by{" "}
        <time dateTime={approval.expiresAt}>{until}</time> it is not called.
      </p>
      <p className="form-error" role="alert">
        {error}
      </p>
      <button type="button" className="primary" onClick={(event) => answer(event, "approve")}>
        Approve
      </button>
      <button type="button" onClick={(event) => answer(event, "deny")}>
        Deny
      </button>
      {sending !== undefined && <span className="muted">Sending: {sending} …</span>}
    </fieldset>
  );
}
