/** Without a configuration: what `discover`, as it was built, says of code bases whose owners are known. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const repository = join(import.meta.dirname, "../..");

function findings(root: string): string[] {
  const program = join(repository, "packages/audit/dist/main.js");
  const words = [program, "discover", "--json", "--root", join(repository, root)];
  const { stdout, status } = spawnSync(process.execPath, words, { encoding: "utf8" });
  expect(status).toBe(0);
  const report = JSON.parse(stdout) as { findings: readonly { title: string; confidence: string }[] };
  return report.findings.map(({ title, confidence }) => `${confidence}: ${title}`);
}

test.each([
  [
    "tests/audit/fixtures/concierge-python",
    ["high: ChatRouter, Reception, MessageRouter: 3 tables of who handles a message"],
  ],
  [
    "tests/audit/fixtures/helpdesk-typescript",
    ["high: ChatRouter, Inbox, MessageRouter: 3 tables of who handles a message"],
  ],
  [
    "examples/migrate-from-fragments",
    [
      "medium: broadcastUserEvent, EventRouter.broadcastToUser: 2 ways to broadcast user event, each by sendToUser",
      "medium: GuardedToolDispatcher, ToolRegistry: 2 tables of who handles a tool",
      "medium: HandlerRouter, MessageRouter: 2 tables of who handles a message",
    ],
  ],
])("%s: its rivals, and nothing else", (root, expected) => {
  expect(findings(root)).toEqual(expected);
});
