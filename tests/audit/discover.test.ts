/** Without a configuration: what `discover`, as it was built, says of code bases whose owners are known. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const repository = join(import.meta.dirname, "../..");

const program = join(repository, "packages/audit/dist/main.js");

function findings(root: string): string[] {
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

// It ended with the trace of an unhandled EPIPE: `throughline-audit discover --json | head -1`.
test.skipIf(!existsSync("/dev/full"))("a disk that is full is no verdict", () => {
  const full = openSync("/dev/full", "w");
  try {
    const { status, stderr } = spawnSync(process.execPath, [program, "check", "--root", repository], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    expect([status, stderr.split("\n")[0]]).toEqual([2, "unable to write; ENOSPC: no space left on device, write"]);
  } finally {
    closeSync(full);
  }
});

test("who does not read what it prints hears no complaint", async () => {
  const child = spawn(process.execPath, [program, "check", "--json", "--root", repository], { stdio: "pipe" });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  child.stdout.destroy();
  const [code] = await once(child, "close");
  expect({ code, complaints }).toEqual({ code: 0, complaints: "" });
});
