import type { ConnectionStatus } from "@throughline/client";

/** The state in words that change only when the state does, for a screen reader. */
export function connectionName(status: ConnectionStatus): string {
  switch (status.state) {
    case "idle":
    case "connecting":
      return "Connecting";
    case "catching-up":
      return "Catching up";
    case "live":
      return "Live";
    case "offline":
      return "Offline";
    case "closed":
      return status.reason === "protocol" ? "This page is out of date" : "Closed";
  }
}

/** What a glance adds to the name: how much is missing, when the next try comes. `now`: milliseconds since the epoch. */
export function connectionDetail(status: ConnectionStatus, now: number): string | undefined {
  if (status.state === "catching-up") {
    return `${status.remaining.toLocaleString("en")} event${status.remaining === 1 ? "" : "s"}`;
  }
  if (status.state !== "offline") return undefined;
  const seconds = Math.ceil((status.retryAt - now) / 1_000);
  return seconds > 0 ? `retry in ${seconds} s` : undefined;
}
