import type { ConnectionStatus } from "@throughline/client";
import { useClient, useConnection, useUnsent } from "@throughline/client/react";
import { useEffect, useState } from "react";

export function ConnectionIndicator() {
  const client = useClient();
  const status = useConnection();
  const unsent = useUnsent().length;
  const seconds = useSecondsUntil(status.state === "offline" ? status.retryAt : undefined);
  return (
    <div className="connection" data-state={status.state} role="status">
      <span className="connection-dot" aria-hidden="true" />
      <span>
        {describe(status, seconds)}
        {unsent > 0 && status.state !== "live" && ` · ${unsent} unsent`}
      </span>
      {status.state === "offline" && (
        <button type="button" className="link-button" onClick={() => client.connect()}>
          Retry now
        </button>
      )}
    </div>
  );
}

function describe(status: ConnectionStatus, seconds: number): string {
  switch (status.state) {
    case "idle":
    case "connecting":
      return "Connecting …";
    case "catching-up":
      return `Catching up, ${status.remaining} events`;
    case "live":
      return "Live";
    case "offline":
      return seconds > 0 ? `Offline, next try in ${seconds} s` : "Offline";
    case "closed":
      return "Closed";
  }
}

function useSecondsUntil(instant: number | undefined): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (instant === undefined) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [instant]);
  return instant === undefined ? 0 : Math.max(0, Math.ceil((instant - now) / 1_000));
}
