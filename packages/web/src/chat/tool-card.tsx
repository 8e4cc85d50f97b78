import type { ToolCallView } from "@throughline/protocol";
import { Icon, type IconName } from "../icon.tsx";
import { Approval } from "./approval.tsx";
import { formatDuration } from "./format-duration.ts";
import { JsonBlock } from "./json-block.tsx";
import { summarizeInput } from "./summarize-input.ts";

const states: Readonly<Record<ToolCallView["state"], { readonly icon: IconName; readonly text: string }>> = {
  approval: { icon: "question", text: "waits for approval" },
  approved: { icon: "clock", text: "approved" },
  executing: { icon: "spinner", text: "running" },
  completed: { icon: "check", text: "done" },
  failed: { icon: "alert", text: "failed" },
  denied: { icon: "ban", text: "denied" },
  cancelled: { icon: "stop", text: "cancelled" },
  unknown: { icon: "question", text: "outcome unknown" },
};

export function ToolCard({ call }: { readonly call: ToolCallView }) {
  const state = states[call.state];
  const asks = call.state === "approval";
  return (
    <details className="tool" data-tool={call.tool} data-state={call.state} open={asks || undefined}>
      <summary>
        <Icon name={state.icon} />
        <code>{call.tool}</code>
        <span className="tool-input clipped">{summarizeInput(call.input)}</span>
        <span className="tool-state">
          {state.text}
          {call.durationMs !== undefined && call.state !== "denied" && ` · ${formatDuration(call.durationMs)}`}
        </span>
        <Icon name="chevron" />
      </summary>
      <JsonBlock label="Input" value={call.input} />
      {call.output !== undefined && <JsonBlock label="Output" value={call.output} />}
      {call.error !== undefined && (
        <p className="tool-error">
          {call.error.message} <code>{call.error.code}</code>
        </p>
      )}
      {call.state === "unknown" && (
        <p className="tool-error">
          The server stopped while this call was running, so nobody can tell whether it had its effect. It is not
          repeated by itself: look before you ask for it again.
        </p>
      )}
      {asks && call.approval !== undefined && <Approval call={call} approval={call.approval} />}
    </details>
  );
}
