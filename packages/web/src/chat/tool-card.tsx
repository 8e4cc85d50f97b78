import type { JsonValue, ToolCallView } from "@throughline/protocol";
import { Approval } from "./approval.tsx";

const states: Readonly<Record<ToolCallView["state"], { readonly symbol: string; readonly text: string }>> = {
  approval: { symbol: "?", text: "waits for approval" },
  approved: { symbol: "…", text: "approved" },
  executing: { symbol: "…", text: "running" },
  completed: { symbol: "✓", text: "done" },
  failed: { symbol: "!", text: "failed" },
  denied: { symbol: "⊘", text: "denied" },
  cancelled: { symbol: "■", text: "cancelled" },
  unknown: { symbol: "?", text: "outcome unknown" },
};

export function ToolCard({ call }: { readonly call: ToolCallView }) {
  const state = states[call.state];
  const asks = call.state === "approval";
  return (
    <details className="tool" data-tool={call.tool} data-state={call.state} open={asks || undefined}>
      <summary>
        <span className="tool-symbol" aria-hidden="true">
          {state.symbol}
        </span>
        <code>{call.tool}</code>
        <span className="tool-state">{state.text}</span>
        {call.durationMs !== undefined && call.state === "completed" && (
          <span className="tool-duration">{call.durationMs} ms</span>
        )}
      </summary>
      <Json label="Input" value={call.input} />
      {call.output !== undefined && <Json label="Output" value={call.output} />}
      {call.error !== undefined && <p className="tool-error">{call.error.message}</p>}
      {call.state === "unknown" && (
        <p className="tool-error">
          Nobody can tell whether this call had its effect. Look for yourself before you ask for it again.
        </p>
      )}
      {asks && call.approval !== undefined && <Approval call={call} approval={call.approval} />}
    </details>
  );
}

function Json({ label, value }: { readonly label: string; readonly value: JsonValue }) {
  return (
    <div className="tool-json">
      <span>{label}</span>
      <pre>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>
    </div>
  );
}
