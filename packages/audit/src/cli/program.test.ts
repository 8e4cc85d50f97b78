import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "./program.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "audit-program-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Sets the title of the window and clears the screen; the second in one character of C1. */
const hostile = "a\u001b]0;mine\u0007\u009b2J\u202e.ts";

// The gate, who, init and plan printed names of files as they are.
test("a file's name cannot command the terminal of whoever audits it, and JSON still has it", async () => {
  writeFileSync(join(root, "router.ts"), "export class Router { route(kind: string) { return kind.length; } }\n");
  mkdirSync(join(root, "src"));
  writeFileSync(
    join(root, "src", hostile),
    "export class MessageRouter { route(kind: string) { return kind.trim(); } }\n",
  );
  writeFileSync(join(root, "src/broken.ts"), "export const = \u001b[2J;\n");
  writeFileSync(
    join(root, "audit.config.json"),
    JSON.stringify({
      scope: {},
      responsibilities: [
        { id: "routing", why: "one way", owner: "router.ts#Router", match: { names: ["router"], methods: ["route"] } },
      ],
      layers: [],
    }),
  );
  const commands = [
    ["check"],
    ["gate"],
    ["who", "route", "message"],
    ["plan", "routing"],
    ["discover"],
    ["discover", "route"],
  ];
  for (const command of commands) {
    const lines: string[] = [];
    await run([...command, "--root", root], (line) => lines.push(line), "2026-01-01");
    const text = lines.join("\n");
    expect([command, /[\p{Cc}\u202e]/u.exec(text.replaceAll("\n", ""))]).toEqual([command, null]);
    if (command[0] !== "discover")
      expect([command, text]).toEqual([command, expect.stringContaining("a\\u001b]0;mine")]);
  }
  const lines: string[] = [];
  await run(["check", "--root", root, "--json"], (line) => lines.push(line), "2026-01-01");
  const { responsibilities } = JSON.parse(lines.join("\n"));
  expect(responsibilities[0].members.map(({ path }: { path: string }) => path)).toContain(`src/${hostile}`);
});

const config = {
  scope: {},
  responsibilities: [{ id: "routing", why: "one way", owner: "router.ts#Router", match: { methods: ["route"] } }],
  layers: [],
};

// Each ended with the trace of an error that nobody had expected, and with the exit code of a target that is missed.
test("what cannot be read or written is said in one line, with exit code 2", async () => {
  writeFileSync(join(root, "router.ts"), "export class Router { route(kind: string) { return kind.length; } }\n");
  writeFileSync(join(root, "use.ts"), 'import { Router } from "./router.ts";\nnew Router().route("a");\n');
  writeFileSync(join(root, "audit.config.json"), JSON.stringify(config));
  const nowhere = join(root, "nowhere/file");
  const here = ["--root", root];
  const additions = ["--reason", "known", "--owner", "me", "--until", "2027-01-01"];
  const commands: readonly (readonly [string[], RegExp])[] = [
    [["discover", "--root", nowhere], /^unable to look at .*nowhere\/file; it is no folder$/],
    [["who", "routes", "--root", join(root, "router.ts")], /^unable to look at .*router\.ts; it is no folder$/],
    [["check", ...here, "--config", root], /^unable to read .*; EISDIR/],
    [["check", ...here, "--html", nowhere], /^unable to write .*nowhere\/file; ENOENT/],
    [["check", ...here, "--sarif", root], /^unable to write .*; EISDIR/],
    [["check", ...here, "--markdown", root], /^unable to write .*; EISDIR/],
    [["gate", ...here, "--baseline", root], /^unable to read .*; EISDIR/],
    [["baseline", "update", ...here, "--baseline", nowhere, ...additions], /^unable to write .*nowhere\/file; ENOENT/],
    [["init", ...here, "--accept", "all", "--config", root], /^unable to read .*; EISDIR/],
  ];
  for (const [command, expected] of commands) {
    const lines: string[] = [];
    const code = await run(command, (line) => lines.push(line), "2026-01-01");
    expect([command, code, lines.length]).toEqual([command, 2, 1]);
    expect(lines[0]).toMatch(expected);
  }
});
