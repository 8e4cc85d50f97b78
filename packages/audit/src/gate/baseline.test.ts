import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { run } from "../cli/program.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "throughline-audit-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

async function audit(...words: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const lines: string[] = [];
  const code = await run([...words, "--root", root], (line) => lines.push(line), "2026-11-23");
  return { code, output: lines.join("\n") };
}

const config = {
  responsibilities: [
    { id: "sending", why: "one way out", owner: "src/sender.ts#Sender", primitives: [{ call: "*.sendRaw" }] },
  ],
};
const healthy = {
  "src/sender.ts": 'export class Sender { go(s: { sendRaw(t: string): void }) { s.sendRaw("x"); } }\n',
  "src/main.ts":
    'import { Sender } from "./sender.ts";\nexport function main(s: { sendRaw(t: string): void }) { new Sender().go(s); }\n',
  "audit.config.json": JSON.stringify(config),
};
const around = 'export function push(s: { sendRaw(t: string): void }) {\n  s.sendRaw("y");\n}\n';
const entry = ["--reason", "old chat", "--owner", "team", "--until", "2027-01-31"];

describe("a gate", () => {
  test("is fine without violations, and fails for a new one", async () => {
    write(healthy);
    expect((await audit("gate")).code).toBe(0);
    write({ "src/chat.ts": around });
    const { code, output } = await audit("gate");
    expect(code).toBe(1);
    expect(output).toContain("new      bypass  src/chat.ts:2");
  });

  test("knows what is in the baseline, also after a move, and not for longer than it may", async () => {
    write({ ...healthy, "src/chat.ts": around });
    expect(await audit("baseline", "update")).toMatchObject({
      code: 2,
      output: expect.stringContaining("give --reason, --owner and --until"),
    });
    expect((await audit("baseline", "update", ...entry)).code).toBe(0);
    expect((await audit("gate")).code).toBe(0);
    // Lines above it do not matter, nor does another file, as long as it is the same code.
    rmSync(join(root, "src/chat.ts"));
    write({ "src/moved/chat.ts": `// a comment\n\n${around}` });
    expect((await audit("gate")).code).toBe(0);
    const path = join(root, "audit.baseline.json");
    writeFileSync(path, readFileSync(path, "utf8").replace("2027-01-31", "2026-11-22"));
    expect(await audit("gate")).toMatchObject({
      code: 1,
      output: expect.stringContaining("its last day was 2026-11-22, ask team"),
    });
  });

  test("a copy of code that is known is new", async () => {
    write({ ...healthy, "src/chat.ts": around });
    await audit("baseline", "update", ...entry);
    write({ "src/copy.ts": around });
    expect(await audit("gate")).toMatchObject({
      code: 1,
      output: expect.stringContaining("new      bypass  src/copy.ts:2"),
    });
  });

  test("what cannot be told is known or new like everything else", async () => {
    const guess = "export function guess(anything: any) { anything.go(); }\n";
    write({ ...healthy, "src/guess.ts": guess });
    expect(await audit("gate")).toMatchObject({
      code: 1,
      output: expect.stringContaining("new      unknown  src/guess.ts:1"),
    });
    await audit("baseline", "update", ...entry);
    expect((await audit("gate")).code).toBe(0);
    write({ "src/more.ts": "export function more(anything: any) { anything.go(); return 1; }\n" });
    expect((await audit("gate")).code).toBe(1);
  });

  test("against a commit: what was wrong there is older, what was admitted since is printed, and a scope cannot change itself", async () => {
    const git = (...words: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...words], { cwd: root, stdio: "ignore" });
    write({ ...healthy, "src/chat.ts": around });
    git("init", "-q");
    git("add", "-A");
    git("commit", "-q", "-m", "a");
    expect((await audit("gate")).code).toBe(1);
    expect(await audit("gate", "--base", "HEAD")).toMatchObject({
      code: 0,
      output: expect.stringContaining("older    bypass  src/chat.ts:2"),
    });
    write({ "src/new.ts": around.replace("push", "shove") });
    expect(await audit("gate", "--base", "HEAD")).toMatchObject({
      code: 1,
      output: expect.stringContaining("new      bypass  src/new.ts:2"),
    });
    await audit("baseline", "update", ...entry);
    const { code, output } = await audit("gate", "--base", "HEAD");
    expect(code).toBe(0);
    expect(output).toContain(
      "admitted sending | bypass | *.sendRaw | src/new.ts#shove; old chat, until 2027-01-31, ask team",
    );
    // A change that takes itself out of the scope and writes its baseline anew is told by the commit before.
    write({ "audit.config.json": JSON.stringify({ ...config, scope: { exclude: ["src/new.ts", "src/chat.ts"] } }) });
    expect((await audit("baseline", "update")).code).toBe(2);
    expect((await audit("baseline", "update", "--accept-scope")).code).toBe(0);
    expect((await audit("gate")).code).toBe(0);
    expect(await audit("gate", "--base", "HEAD")).toMatchObject({
      code: 1,
      output: expect.stringContaining('changed  scope.exclude: nothing is now ["src/new.ts","src/chat.ts"]'),
    });
    expect(await audit("gate", "--base", "nowhere")).toMatchObject({
      code: 2,
      output: expect.stringContaining("git knows no such commit"),
    });
  });

  test.each([
    ["[", "it is not JSON"],
    ["{}", "it is no baseline of version 1"],
    ['{"version":1,"scope":{},"ignores":0,"entries":[{"identity":"a"}]}', "entries[0].fingerprint is a text"],
  ])("cannot be measured by a baseline that is none: %s", async (text, message) => {
    write({ ...healthy, "audit.baseline.json": text });
    expect(await audit("gate")).toMatchObject({ code: 2, output: expect.stringContaining(message) });
  });

  test("asks for what is mended to be taken out", async () => {
    write({ ...healthy, "src/chat.ts": around });
    await audit("baseline", "update", ...entry);
    rmSync(join(root, "src/chat.ts"));
    expect(await audit("gate")).toMatchObject({
      code: 1,
      output: expect.stringContaining("stale    sending | bypass"),
    });
    await audit("baseline", "update");
    expect((await audit("gate")).code).toBe(0);
  });

  test("fails when the scope or an owner changes, unless that is accepted", async () => {
    write(healthy);
    await audit("baseline", "update");
    write({ "audit.config.json": JSON.stringify({ ...config, scope: { exclude: ["src/chat.ts"] } }) });
    expect(await audit("gate")).toMatchObject({ code: 1, output: expect.stringContaining("--accept-scope") });
    expect((await audit("gate", "--accept-scope")).code).toBe(0);
  });

  test("fails for an inline ignore that the baseline does not have", async () => {
    write(healthy);
    await audit("baseline", "update");
    write({ "src/main.ts": `${healthy["src/main.ts"]}// audit-ignore: for now\n` });
    expect(await audit("gate")).toMatchObject({ code: 1, output: expect.stringContaining("1 more inline ignores") });
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["there is no code", { "src/sender.ts": "", "src/main.ts": "" }],
    ["the owner does nothing", { "src/sender.ts": "export class Sender { go(s: unknown) { return true; } }\n" }],
    ["nobody uses the owner", { "src/main.ts": "export const nothing = 1;\n" }],
    ["files cannot be parsed", { "src/broken.ts": "export class {{{" }],
    ["nothing is declared", { "audit.config.json": "{}" }],
  ])("cannot be measured when %s", async (_what, files) => {
    write({ ...healthy, ...files });
    expect((await audit("gate")).code).toBe(2);
  });
});

describe("the command line", () => {
  test.each<[readonly string[], string]>([
    [["check"], "there is no audit.config.json"],
    [["serve"], "the commands are discover, init, check, gate, baseline, plan, who, mcp"],
    [["check", "extra"], "one word too many"],
    [["check", "--config", "missing.json"], "there is no such file"],
    [["check", "--nonsense"], "unable to read the command line"],
  ])("%j is refused", async (words, message) => {
    const { code, output } = await audit(...words);
    expect([code, output]).toEqual([2, expect.stringContaining(message)]);
  });

  test("a configuration that makes no sense is refused with every mistake", async () => {
    write({
      "audit.config.json": JSON.stringify({
        scop: {},
        responsibilities: [{ id: "A b", why: "", owner: "nowhere", target: 2 }],
      }),
    });
    const { code, output } = await audit("check");
    expect(code).toBe(2);
    for (const part of ["scop: is not known", "[0].id", "[0].why", "[0].owner", "[0].target"])
      expect(output).toContain(part);
  });

  test("a plan lists each phase with its sites and how it ends, and says when there is nothing to do", async () => {
    write(healthy);
    expect((await audit("plan", "sending")).output).toContain("There is nothing to do.");
    write({ "src/chat.ts": around });
    const { code, output } = await audit("plan", "sending");
    expect(code).toBe(0);
    expect(output).toContain(
      "## 1. Move call sites\n\n- batch 1, 1 sites in 1 files: `src/chat.ts:2`\n\nDone when: nothing goes around the owner",
    );
    expect(await audit("plan", "nothing")).toMatchObject({
      code: 2,
      output: expect.stringContaining("declared are sending"),
    });
  });

  test("who names the definition that does it, and nobody when nobody does", async () => {
    write(healthy);
    expect((await audit("who", "sender")).output).toMatch(/^src\/sender\.ts#Sender {2}line 1, 1 use sites/);
    expect((await audit("who", "payments")).output).toContain("Nobody");
    expect((await audit("who")).code).toBe(2);
  });

  test("Markdown keeps hostile names where they are", async () => {
    write({ ...healthy, "src/a|b `<img>.ts": around });
    const file = join(root, "out.md");
    await audit("check", "--markdown", file);
    const text = readFileSync(file, "utf8");
    expect(text).toContain("| sending | 66.6 % | 2 | 1 | 0 | 1 | `src/sender.ts#Sender` |");
    expect(text).toContain("`src/a'b '<img>.ts:2`");
  });

  test("the page loads nothing, runs nothing, and keeps hostile names as text", async () => {
    write({ ...healthy, "src/<script>alert(1).ts": around });
    const file = join(root, "out.html");
    await audit("check", "--html", file);
    const text = readFileSync(file, "utf8");
    expect(text).toContain("&#60;script&#62;alert(1).ts");
    expect(text).not.toMatch(/<script|https?:|<img|<link|src=|href=/);
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(text.match(/<svg /g)).toHaveLength(1);
    expect(text).toContain("goes around");
  });

  test("SARIF holds each violation with a fingerprint that does not change with lines", async () => {
    write({ ...healthy, "src/chat.ts": around });
    const file = join(root, "out.sarif");
    const read = async () => {
      await audit("check", "--sarif", file);
      return JSON.parse(readFileSync(file, "utf8")).runs[0].results[0];
    };
    const first = await read();
    expect(first).toMatchObject({
      ruleId: "bypass",
      level: "error",
      locations: [{ physicalLocation: { artifactLocation: { uri: "src/chat.ts" } } }],
    });
    write({ "src/chat.ts": `\n\n\n${around}` });
    expect((await read()).partialFingerprints).toEqual(first.partialFingerprints);
  });

  test("discover finds rivals and names that mean two things, and nothing in healthy code", async () => {
    write(healthy);
    expect((await audit("discover")).output).toContain("Nothing was found");
    const body = (field: string) => `{ readonly ${field} = new Map<string, string>();
      publish(topic: string, text: string) { this.${field}.set(topic, text); }
      subscribe(topic: string) { return this.${field}.get(topic); }
      unsubscribe(topic: string) { return this.${field}.delete(topic); } }`;
    write({
      "src/event-bus.ts": `export class EventBus ${body("topics")}`,
      "src/message-bus.ts": `export class MessageBus ${body("listeners")}`,
      "src/uses.ts": `import { EventBus } from "./event-bus.ts";\nimport { MessageBus } from "./message-bus.ts";\nexport function use() { new EventBus().publish("a", "b"); new MessageBus().publish("a", "b"); }`,
    });
    const { output } = await audit("discover");
    expect(output).toContain("1. EventBus and MessageBus both do publish, subscribe, unsubscribe  (high confidence");
    expect((await audit("discover", "event", "publishing")).output).toContain("EventBus");
    expect((await audit("discover", "payment")).output).toContain("Nothing was found");
  });
});

describe("from findings to a configuration", () => {
  const body = (field: string) => `{ readonly ${field} = new Map<string, string>();
    publish(topic: string, text: string) { this.${field}.set(topic, text); }
    subscribe(topic: string) { return this.${field}.get(topic); }
    unsubscribe(topic: string) { return this.${field}.delete(topic); } }`;
  const buses = {
    "src/event-bus.ts": `export class EventBus ${body("topics")}`,
    "src/message-bus.ts": `export class MessageBus ${body("listeners")}`,
    "src/main.ts": `import { EventBus } from "./event-bus.ts";\nimport { MessageBus } from "./message-bus.ts";\nexport function use() { new EventBus().publish("a", "b"); new MessageBus().publish("a", "b"); }\nexport function more() { return new MessageBus(); }`,
  };

  test("init proposes, accepts with an owner, adds to what is there, and the gate then knows the rest as rivals", async () => {
    write(buses);
    expect((await audit("init")).output).toMatch(
      /^bus {2}\(high confidence\)[\s\S]*owner\? src\/message-bus\.ts#MessageBus {2}2 use sites/,
    );
    expect(await audit("init", "--accept", "nothing")).toMatchObject({
      code: 2,
      output: expect.stringContaining("findings are: bus"),
    });
    expect((await audit("init", "--accept", "bus=src/nowhere.ts#X")).code).toBe(2);
    expect((await audit("init", "--accept", "bus=src/event-bus.ts#EventBus")).code).toBe(0);
    const { code, output } = await audit("gate");
    expect(code).toBe(1);
    expect(output).toContain("new      rival  src/message-bus.ts:2");
    // The same once more is declared twice, and is not written.
    expect(await audit("init", "--accept", "all")).toMatchObject({
      code: 2,
      output: expect.stringContaining("bus is declared twice"),
    });
  });

  test("layers: what no rule allows is a violation, types and threads included, and a file without a rule is told", async () => {
    const layers = [
      {
        id: "layers",
        why: "nothing leads upwards",
        covers: ["src"],
        rules: [{ from: ["src/base"] }, { from: ["src/app.ts"], allow: ["src/base"] }],
      },
    ];
    write({
      "audit.config.json": JSON.stringify({ layers }),
      "src/base/clock.ts": "export const now = () => 1;\n",
      "src/app.ts": 'import { now } from "./base/clock.ts";\nnow();\n',
    });
    expect(await audit("gate")).toMatchObject({
      code: 0,
      output: expect.stringContaining("layers  100 %  (1 imports are allowed, 0 are not"),
    });
    write({
      "src/base/up.ts":
        'import type { a } from "../app.ts";\nexport const t = () => new Worker(new URL("../app.ts", import.meta.url));\n',
      "src/other.ts": "export const other = 1;\n",
      "src/base/guess.ts": "export const load = (name: string) => import(name);\n",
    });
    const { code, output } = await audit("gate");
    expect(code).toBe(1);
    expect(output).toContain("new      import  src/base/up.ts:1  src/base may not import src/app.ts");
    expect(output).toContain("new      import  src/other.ts:1  src/other.ts has no rule");
    expect(output).toContain("new      unknown  src/base/guess.ts:1  it imports what cannot be told");
    expect(output).toContain("layers  25 % to 50 %");
  });
});
