import type { RunView } from "@throughline/protocol";

/** What a tab says about a conversation: first what wants attention, then its title. */
export function pageTitle(title: string | undefined, runs: readonly RunView[]): string {
  const asks = runs.some((run) => run.steps.some((step) => step.calls.some((call) => call.state === "approval")));
  const running = runs.some((run) => run.state === "running" || run.state === "stopping");
  const sign = asks ? "(?) " : running ? "… " : "";
  return `${sign}${title ?? "New conversation"} · Throughline`;
}
