import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Repository, type Result } from "./repository.ts";

let repository: Repository;
beforeAll(async () => {
  repository = new Repository();
  repository.env.CHROMIUM = process.execPath;
  await repository.install();
});
afterAll(() => repository[Symbol.asyncDispose]());
beforeEach(() => repository.write("tests/first.test.ts", passing));

const passing = 'import { test } from "vitest"; test("one", () => {}); test.each([2, 3])("%i", () => {});';

/** Runs the tests of the small repository; what matters is how the run ends. */
async function runTests(...args: readonly string[]) {
  return ending(await repository.run("node", "scripts/test.mjs", ...args));
}

function ending({ code, stdout }: Result) {
  const closing = stdout.split("\n").filter((line) => /^\d+ passed, /.test(line));
  expect(stdout.trimEnd().split("\n").at(-1)).toBe(closing[0]);
  expect(closing).toHaveLength(1);
  return { code, line: closing[0] };
}

/** Runs them with a second file beside the three tests that pass. */
async function runWith(text: string) {
  repository.write(
    "tests/second.test.ts",
    `import { beforeAll, afterAll, describe, expect, test } from "vitest";\n${text}`,
  );
  try {
    return await runTests();
  } finally {
    repository.remove("tests/second.test.ts");
  }
}

test("all pass", async () => {
  expect(await runTests()).toEqual({ code: 0, line: "3 passed, 0 failed" });
});

test.each([
  { what: "a test that fails", text: 'test("bad", () => expect(1).toBe(2));', line: "3 passed, 1 failed", code: 1 },
  { what: "a file that cannot be loaded", text: 'import "nowhere";', line: "3 passed, 1 failed", code: 1 },
  { what: "a file that is no program", text: "test(", line: "3 passed, 1 failed", code: 1 },
  { what: "a file without tests", text: "", line: "3 passed, 1 failed", code: 1 },
  {
    what: "two hooks that fail before their tests",
    text: 'describe.each([1, 2])("%i", () => { beforeAll(() => { throw new Error(); }); test("b", () => {}); });',
    line: "3 passed, 2 failed, 2 skipped",
    code: 1,
  },
  {
    what: "a hook that fails after its tests",
    text: 'afterAll(() => { throw new Error(); }); test("b", () => {});',
    line: "4 passed, 1 failed",
    code: 1,
  },
  {
    what: "two errors that nobody caught",
    text: 'const late = () => { throw new Error(); }; test("b", () => { setTimeout(late, 0); setTimeout(late, 0); }); test("c", () => new Promise((done) => setTimeout(done, 50)));',
    line: "5 passed, 2 failed",
    code: 1,
  },
  {
    what: "tests that are skipped",
    text: 'test.skip("b", () => {}); test.todo("c");',
    line: "3 passed, 0 failed, 2 skipped",
    code: 0,
  },
])("$what: $line", async ({ text, line, code }) => {
  expect(await runWith(text)).toEqual({ code, line });
});

test("a filter and an option of the runner pass through, from npm as well", async () => {
  const result = await repository.run("npm", "test", "--", "tests/first", "--testNamePattern", "^2$");
  expect(ending(result)).toEqual({ code: 0, line: "1 passed, 0 failed, 2 skipped" });
  expect(await runTests("--reporter=dot")).toEqual({ code: 0, line: "3 passed, 0 failed" });
});

test("no test at all is a failure", async () => {
  expect(await runTests("tests/nowhere")).toEqual({ code: 1, line: "0 passed, 1 failed" });
});

test("only skipped tests are a failure", async () => {
  repository.write("tests/first.test.ts", 'import { test } from "vitest"; test.skip("one", () => {});');
  expect(await runTests()).toEqual({ code: 1, line: "0 passed, 1 failed, 1 skipped" });
});

test("a build that fails counts as one failed test", async () => {
  repository.write("packages/cli/src/broken.ts", "export const broken: number = '';");
  expect(await runTests()).toEqual({ code: 1, line: "0 passed, 1 failed" });
  repository.remove("packages/cli/src/broken.ts");
});

test("a runner that is killed in the middle is a failure", async () => {
  repository.write(
    "tests/first.test.ts",
    'import { test } from "vitest"; test("one", () => process.kill(process.ppid, "SIGKILL"));',
  );
  expect(await runTests("--pool=forks")).toEqual({ code: 137, line: "0 passed, 1 failed" });
});
