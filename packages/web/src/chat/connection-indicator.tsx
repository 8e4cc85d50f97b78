import { useClient, useConnection, useUnsent } from "@throughline/client/react";
import { connectionDetail, connectionName } from "./connection-text.ts";
import { useNow } from "./use-now.ts";

export function ConnectionIndicator() {
  const client = useClient();
  const status = useConnection();
  const unsent = useUnsent().length;
  const now = useNow(status.state === "offline" ? status : undefined);
  const detail = connectionDetail(status, now);
  return (
    <div className="connection" data-state={status.state}>
      <span className="connection-dot" aria-hidden="true" />
      <span role="status">{connectionName(status)}</span>
      {detail !== undefined && <span className="connection-detail">{detail}</span>}
      {unsent > 0 && status.state !== "live" && <span className="connection-detail">{unsent} unsent</span>}
      {status.state === "offline" && (
        <button type="button" className="link-button" onClick={() => client.connect()}>
          Retry now
        </button>
      )}
      {status.state === "closed" && (
        <button type="button" className="link-button" onClick={() => location.reload()}>
          Reload
        </button>
      )}
    </div>
  );
}
