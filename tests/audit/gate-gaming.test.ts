/** What somebody might do to the gate instead of to the code: none of it gives a better result and says nothing. */
import { describe, expect, test } from "vitest";
import { GatedFolder } from "./gated-folder.ts";
import { python } from "./mutants/python-mutants.ts";
import { typescript } from "./mutants/typescript-mutants.ts";

const languages = [
  {
    ...typescript,
    path: "src/chat.ts",
    around: "export function push(socket: any, text: string) {\n  socket.sendRaw(text);\n}\n",
    twice: "export function push(socket: any, text: string) {\n  socket.sendRaw(text);\n  socket.queueRaw(text);\n}\n",
    ignored: "export function push(socket: any, text: string) {\n  // audit-ignore: soon\n  socket.sendRaw(text);\n}\n",
    unparsable: "export function push(socket: any, text: string) {\n  socket.sendRaw(text;\n",
    primitives: [{ call: "*.sendRaw" }, { call: "*.queueRaw" }],
    rest: "export class ChatSender { say() {} }\n",
    elsewhere: { from: "./chat.ts", to: "../build/chat.ts", path: "build/chat.ts", main: "src/main.ts" },
  },
  {
    ...python,
    path: "app/chat.py",
    around: "def push(socket, text):\n    socket.send_raw(text)\n",
    twice: "def push(socket, text):\n    socket.send_raw(text)\n    socket.queue_raw(text)\n",
    ignored: "def push(socket, text):\n    # audit-ignore: soon\n    socket.send_raw(text)\n",
    unparsable: "def push(socket, text:\n    socket.send_raw(text)\n",
    primitives: [{ call: "*.send_raw" }, { call: "*.queue_raw" }],
    rest: "\n\nclass ChatSender:\n    def say(self, socket, text):\n        return None\n",
    elsewhere: { from: "app.chat", to: "build.chat", path: "build/chat.py", main: "app/main.py" },
  },
];
const answered = ["--reason", "known", "--owner", "team", "--until", "2999-12-31"];

describe.each(languages)("$language", (language) => {
  const { healthy, path, around, rest, primitives } = language;
  const responsibility = { ...language.responsibility, primitives, target: 0.5 };

  /** One bypass, which somebody answers for. */
  async function known(): Promise<GatedFolder> {
    const folder = new GatedFolder();
    folder.write({ ...healthy, [path]: around + rest });
    folder.configure({ responsibilities: [responsibility] });
    expect((await folder.baseline(...answered)).exitCode).toBe(0);
    expect(await folder.gate()).toMatchObject({ exitCode: 0 });
    return folder;
  }

  test("a second way around in the same caller is new", async () => {
    using folder = await known();
    folder.write({ [path]: language.twice + rest });
    const { exitCode, text } = await folder.gate();
    expect(exitCode).toBe(1);
    expect(text).toContain("ueue");
  });

  test("the same code once more, in another caller, is new", async () => {
    using folder = await known();
    folder.write({ [path]: `${around}${rest}\n\n${around.replace("push", "push2")}` });
    expect((await folder.gate()).exitCode).toBe(1);
  });

  test("what is mended has to be taken out of the baseline", async () => {
    using folder = await known();
    folder.write({ [path]: healthy[path] ?? "" });
    const { exitCode, text } = await folder.gate();
    expect([exitCode, text.includes("stale")]).toEqual([1, true]);
  });

  test("an exception ends on its last day", async () => {
    using folder = new GatedFolder();
    folder.write({ ...healthy, [path]: around + rest });
    folder.configure({ responsibilities: [responsibility] });
    await folder.baseline("--reason", "known", "--owner", "team", "--until", "2026-11-22");
    expect((await folder.gate()).exitCode).toBe(1);
  });

  test("additions to the baseline need somebody who answers for them", async () => {
    using folder = new GatedFolder();
    folder.write({ ...healthy, [path]: around + rest });
    folder.configure({ responsibilities: [responsibility] });
    expect((await folder.baseline()).exitCode).toBe(2);
    expect((await folder.gate()).exitCode).toBe(1);
  });

  test("an ignore that is added is seen", async () => {
    using folder = await known();
    folder.write({ [path]: language.ignored + rest });
    expect((await folder.gate()).exitCode).toBe(1);
  });

  test("a file that cannot be parsed is not measured", async () => {
    using folder = await known();
    folder.write({ [path]: language.unparsable });
    expect((await folder.gate()).exitCode).toBe(2);
  });

  test("a folder called build is code: what moves there is no better", async () => {
    using folder = await known();
    const before = (await folder.check()).responsibilities[0]?.compliance;
    const { from, to, path: moved, main } = language.elsewhere;
    folder.remove(path);
    folder.write({ [moved]: around + rest, [main]: (healthy[main] ?? "").replace(from, to) });
    expect((await folder.check()).responsibilities[0]?.compliance).toEqual(before);
    // The move itself is no news.
    expect(await folder.gate()).toMatchObject({ exitCode: 0 });
  });

  test.each<[string, object, number]>([
    ["an empty scope", { scope: { include: ["nowhere"] } }, 2],
    ["a wrong path", { responsibilities: [{ ...responsibility, owner: "nowhere/sender#Sender" }] }, 2],
    ["a lower target", { responsibilities: [{ ...responsibility, target: 0 }] }, 1],
    ["a responsibility that is gone", { responsibilities: [] }, 2],
    ["roles that call the file a test", { roles: { test: [path] } }, 1],
    ["another owner", { responsibilities: [{ ...responsibility, owner: `${path}#push` }] }, 1],
  ])("%s is not accepted in silence", async (_what, change, exitCode) => {
    using folder = await known();
    folder.configure({ responsibilities: [responsibility], ...change });
    const gated = await folder.gate();
    expect(gated.exitCode).toBe(exitCode);
    expect(gated.text).toMatch(/scope|stale|nowhere|no file|invalid owner|no responsibility/);
  });

  test("nothing at all is not measured", async () => {
    using folder = new GatedFolder();
    folder.configure({ responsibilities: [responsibility] });
    expect((await folder.gate()).exitCode).toBe(2);
    expect((await folder.check()).responsibilities[0]?.compliance.lower).toBeNull();
  });
});
