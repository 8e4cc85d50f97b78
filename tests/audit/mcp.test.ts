/** The audit as coding agents have it: the built program, over MCP. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mountMcpServer } from "@throughline/server";
import { expect, test } from "vitest";

const program = join(import.meta.dirname, "../../packages/audit/dist/main.js");

test("an agent asks who, check and plan, and gets what the commands say", async () => {
  const root = mkdtempSync(join(tmpdir(), "throughline-audit-"));
  mkdirSync(join(root, "src"));
  writeFileSync(
    join(root, "src/sender.ts"),
    "export class Sender { go(s: { sendRaw(t: string): void }) { s.sendRaw('x'); } }\n",
  );
  writeFileSync(
    join(root, "src/chat.ts"),
    "import { Sender } from './sender.ts';\nexport const a = (s: any) => new Sender().go(s);\nexport function push(s: any) { s.sendRaw('y'); }\n",
  );
  const responsibility = {
    id: "sending",
    why: "one way out",
    owner: "src/sender.ts#Sender",
    primitives: [{ call: "*.sendRaw" }],
  };
  writeFileSync(join(root, "audit.config.json"), JSON.stringify({ responsibilities: [responsibility] }));
  const mounted = await mountMcpServer({
    name: "audit",
    command: process.execPath,
    args: [program, "mcp", "--root", root],
  });
  try {
    const call = async (name: string, input: object) => {
      const tool = mounted.tools.find((candidate) => candidate.name.endsWith(name));
      if (tool === undefined) throw new Error(`there is no tool ${name}`);
      const context = { signal: new AbortController().signal, idempotencyKey: "k" } as never;
      return JSON.stringify(await tool.execute(input as never, context));
    };
    expect(mounted.tools.map(({ name }) => name.replace(/^audit[_.-]+/, "")).sort()).toEqual(["check", "plan", "who"]);
    expect(await call("who", { words: "sender" })).toContain("src/sender.ts#Sender");
    expect(await call("check", {})).toContain("sending");
    expect(await call("plan", { id: "sending" })).toContain("src/chat.ts:3");
    rmSync(join(root, "audit.config.json"));
    for (const [name, input] of [["check", {}] as const, ["plan", { id: "sending" }] as const]) {
      await expect(call(name, input)).rejects.toThrow("Nothing is declared");
    }
  } finally {
    await mounted.close();
    rmSync(root, { recursive: true });
  }
});
