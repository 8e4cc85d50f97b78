import { useClient } from "@throughline/client/react";
import type { ToolCallView } from "@throughline/protocol";
import { useState } from "react";

interface ApprovalProps {
  readonly call: ToolCallView;
  readonly approval: NonNullable<ToolCallView["approval"]>;
}

/** The question that a person answers. It is bound to this very tool and input; another answer may come first. */
export function Approval({ call, approval }: ApprovalProps) {
  const client = useClient();
  const [state, setState] = useState<"asking" | "answering" | { readonly error: string }>("asking");
  const answer = (decision: "approve" | "deny") => {
    setState("answering");
    const { reply } = client.command("approval.answer", { callId: call.callId, digest: approval.digest, decision });
    reply.catch((error: Error) => setState({ error: error.message }));
  };
  const until = new Date(approval.expiresAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return (
    <fieldset className="approval" aria-label={`Approve ${call.tool}?`}>
      <p>
        The agent wants to call <code>{call.tool}</code> with exactly this input. It asks until {until}.
      </p>
      {typeof state === "object" && <p role="alert">{state.error}</p>}
      <button type="button" className="primary" disabled={state === "answering"} onClick={() => answer("approve")}>
        Approve
      </button>
      <button type="button" disabled={state === "answering"} onClick={() => answer("deny")}>
        Deny
      </button>
    </fieldset>
  );
}
