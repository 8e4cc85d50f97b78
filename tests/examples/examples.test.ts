import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ServerProcess } from "../support/server-process.ts";

const examples = join(import.meta.dirname, "..", "..", "examples");
const run = promisify(execFile);

/** Asks one question with the client example and returns what it prints. */
async function ask(server: ServerProcess, question: string): Promise<string> {
  const { stdout } = await run(process.execPath, [
    join(examples, "client", "main.ts"),
    server.url,
    "ada@example.com",
    "correct horse",
    question,
  ]);
  return stdout.trim();
}

async function codeLines(path: string): Promise<number> {
  const text = await readFile(join(examples, path), "utf8");
  return text.split("\n").filter((line) => line.trim() !== "" && !/^\s*(\/\*\*|\/\/|\*)/.test(line)).length;
}

test("the client example asks the default agent and prints its answer", async () => {
  await using server = await ServerProcess.start();
  expect(await ask(server, "what is 6 * 7?")).toMatch(/^completed: .*42/s);
});

test("a server with its own agent and tool takes under 30 lines", async () => {
  await using server = await ServerProcess.start({ program: join(examples, "own-agent", "main.ts") });
  expect(await ask(server, "roll 3")).toMatch(/^completed: You rolled \[[1-6],[1-6],[1-6]\]\.$/);
  expect(await codeLines("own-agent/main.ts")).toBeLessThan(30);
});

test("the handlers live inside a Node server of somebody's own", async () => {
  await using server = await ServerProcess.start({ program: join(examples, "mount", "main.ts") });
  expect(await (await fetch(`${server.url}/hello`)).text()).toBe("hello from the host");
  expect(await ask(server, "ping")).toBe("completed: You said: ping");
});
