import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserSwitch } from "@throughline/bridges";
import { expect, test } from "vitest";
import { Throughline } from "./throughline.ts";

const bridgesModule = join(import.meta.dirname, "../../packages/bridges/dist/index.js");
const declared = (until: string) =>
  `import { defineBridges } from ${JSON.stringify(bridgesModule)};
   export const bridges = defineBridges({ "old-router": { owner: "team-chat", until: "${until}", replaces: "chat.py" } });`;

test("doctor --bridges fails a build from the day after the last one of a bridge", async () => {
  await using throughline = new Throughline();
  throughline.write("fine.mjs", declared("2099-12-31"));
  throughline.write("over.mjs", declared("2020-01-31"));
  const fine = await throughline.run(["doctor", "--bridges", "fine.mjs"]);
  expect([fine.code, fine.stdout]).toEqual([
    0,
    "ok       old-router  until 2099-12-31, owner team-chat, replaces chat.py\n",
  ]);
  const over = await throughline.run(["doctor", "--bridges", "over.mjs"]);
  expect([over.code, over.stdout]).toEqual([
    1,
    "EXPIRED  old-router  until 2020-01-31, owner team-chat, replaces chat.py\n",
  ]);
  const json = await throughline.run(["doctor", "--bridges", "over.mjs", "--json"]);
  expect(JSON.parse(json.stdout)).toEqual({
    event: "bridges",
    ok: false,
    bridges: [{ name: "old-router", owner: "team-chat", until: "2020-01-31", replaces: "chat.py", expired: true }],
  });
});

test("what makes no sense is a mistake of the command line", async () => {
  await using throughline = new Throughline();
  throughline.write("none.mjs", "export const bridges = {};");
  for (const [args, words] of [
    [["doctor", "--bridges", "missing.mjs"], "there is no file missing.mjs"],
    [["doctor", "--bridges", "none.mjs"], "defineBridges"],
    [["doctor", "--url", "http://localhost:1"], "--url is for doctor --bridges"],
    [["start", "--bridges", "none.mjs"], "--bridges is for doctor"],
    [["switch", "rollback"], "--file is missing"],
    [["switch", "move", "ada", "--file", "s.db"], "move takes 2 words"],
    [["switch", "move", "ada", "sideways", "--file", "s.db"], "it is old or new"],
    [["switch", "shake", "--file", "s.db"], "none of status, move, others, rollback"],
  ] as const) {
    const { code, stderr } = await throughline.run(args);
    expect([args, code]).toEqual([args, 2]);
    expect(stderr).toContain(words);
  }
});

test("users are moved over, and one command takes everybody back", async () => {
  await using throughline = new Throughline();
  const file = throughline.path("switch.db");
  const run = async (...words: readonly string[]) =>
    (await throughline.run(["switch", ...words, "--file", file])).stdout;
  expect(await run("status")).toBe("old  everybody else\n");
  expect(await run("move", "ada", "new")).toBe("new  ada\nold  everybody else\n");
  expect(await run("others", "new")).toBe("new  ada\nnew  everybody else\n");
  // A program that serves users meanwhile sees each change at once.
  using program = new UserSwitch(file);
  expect([program.sideOf("ada"), program.sideOf("bob")]).toEqual(["new", "new"]);
  expect(await run("rollback", "--json")).toBe(`${JSON.stringify({ event: "switch", users: {}, others: "old" })}\n`);
  expect([program.sideOf("ada"), program.sideOf("bob")]).toEqual(["old", "old"]);
  expect(existsSync(file)).toBe(true);
});

// A user's id comes from whoever signed the user in.
test("a user's id cannot command the terminal", async () => {
  await using throughline = new Throughline();
  const file = throughline.path("switch.db");
  const { stdout } = await throughline.run(["switch", "move", "ada\u001b[2J\u009b2J", "new", "--file", file]);
  expect(stdout).toBe("new  ada\\u001b[2J\\u009b2J\nold  everybody else\n");
});
