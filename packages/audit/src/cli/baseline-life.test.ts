/** What a team does over weeks: entries run out and are renewed, ignores are added, and the reports say what is new. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "./program.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "audit-baseline-"));
  write("core.py", "class Mailer:\n    def send(self, user):\n        return user.push(1)\n\nmailer = Mailer()\n");
  write(
    "main.py",
    "import smtplib\nfrom core import mailer\n\ndef good():\n    mailer.send(1)\n\ndef bad():\n    smtplib.sendmail('a')\n",
  );
  write(
    "audit.config.json",
    JSON.stringify({
      responsibilities: [
        {
          id: "mails",
          why: "One sender.",
          owner: "core.py#Mailer",
          primitives: [{ call: "smtplib#sendmail" }],
          target: 0,
        },
      ],
    }),
  );
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(root, name), text);
}

async function audit(words: string, today = "2026-06-01"): Promise<{ code: number; said: string; complaints: string }> {
  const [said, complaints]: [string[], string[]] = [[], []];
  const code = await run(
    [...words.split(" "), "--root", root],
    (line) => said.push(line),
    today,
    (line) => complaints.push(line),
  );
  return { code, said: said.join("\n"), complaints: complaints.join("\n") };
}

const entries = () => JSON.parse(readFileSync(join(root, "audit.baseline.json"), "utf8")).entries;
const given = "--reason later --owner ann --until 2026-07-01";

test("an entry whose day is over is renewed, and one that is not keeps its own", async () => {
  await audit(`baseline update ${given}`);
  expect((await audit("gate")).code).toBe(0);
  expect((await audit("gate", "2026-08-01")).code).toBe(1);
  const renewed = "--reason again --owner bob --until 2026-09-01";
  await audit(`baseline update ${renewed}`, "2026-06-30");
  expect(entries()).toMatchObject([{ reason: "later", owner: "ann", until: "2026-07-01" }]);
  await audit(`baseline update ${renewed}`, "2026-08-01");
  expect(entries()).toMatchObject([{ reason: "again", owner: "bob", until: "2026-09-01" }]);
  expect((await audit("gate", "2026-08-01")).code).toBe(0);
});

test.each([
  "--reason later --owner ann --until 2026-13-45",
  "--reason later --owner ann --until 2026-02-31",
  "--reason later --owner ann --until 2020-01-01",
  "--owner ann --until 2026-07-01",
])("an addition is refused: %s", async (words) => {
  const { code, said, complaints } = await audit(`baseline update ${words}`);
  expect([code, said]).toEqual([2, ""]);
  expect(complaints).toMatch(/^unable to (use --until|write the baseline)/);
});

test("an owner that says nothing is refused", async () => {
  const complaints: string[] = [];
  const words = ["baseline", "update", "--reason", "later", "--owner", " ", "--until", "2026-07-01", "--root", root];
  expect(
    await run(
      words,
      () => {},
      "2026-06-01",
      (line) => complaints.push(line),
    ),
  ).toBe(2);
  expect(complaints).toEqual(["unable to use --owner; it says nothing"]);
});

test("an inline ignore is added to the baseline like an entry", async () => {
  await audit(`baseline update ${given}`);
  write("other.py", "import smtplib\n\ndef other():\n    # audit-ignore: agreed\n    smtplib.sendmail('a')\n");
  write("main.py", `import other\n${readFileSync(join(root, "main.py"), "utf8")}`);
  expect((await audit("baseline update")).complaints).toContain("inline ignores were added (1)");
  expect((await audit(`baseline update ${given}`)).code).toBe(0);
});

test("without a baseline that is said, and SARIF tells new from known", async () => {
  expect((await audit("gate")).said).toContain("there is no baseline: whatever is wrong is new");
  await audit(`baseline update ${given}`);
  write("main.py", `${readFileSync(join(root, "main.py"), "utf8")}\ndef worse():\n    smtplib.sendmail('b')\n`);
  const file = join(root, "out.sarif");
  const { said } = await audit(`gate --sarif ${file}`);
  expect(said).not.toContain("there is no baseline");
  const [{ results }] = JSON.parse(readFileSync(file, "utf8")).runs;
  const states = results.map(
    (result: { baselineState: string; locations: [{ physicalLocation: { region: { startLine: number } } }] }) => [
      result.locations[0].physicalLocation.region.startLine,
      result.baselineState,
    ],
  );
  expect(states).toEqual([
    [8, "unchanged"],
    [11, "new"],
  ]);
});

test.each([
  "check --base HEAD",
  "plan mails --json",
  "who mail --markdown a.md",
  "discover --accept-scope",
  "init --json",
])("an option that a command does nothing with is refused: %s", async (words) => {
  const { code, said, complaints } = await audit(words);
  expect([code, said]).toEqual([2, ""]);
  expect(complaints).toMatch(/^unable to use --\S+ with \S+; it takes --root, --cache, --help/);
});
