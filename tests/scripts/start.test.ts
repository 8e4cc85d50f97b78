import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Repository } from "./repository.ts";

const building = "Building …";
let repository: Repository;
beforeAll(async () => {
  repository = new Repository();
  await repository.install();
});
afterAll(() => repository[Symbol.asyncDispose]());

/** Runs the program to its end; tells what it was called with and whether it was built before. */
async function start(...args: readonly string[]) {
  const { code, stdout, stderr } = await repository.run("node", "scripts/start.mjs", ...args);
  expect({ code, stderr: stderr.replace(building, "").trim() }).toEqual({ code: 0, stderr: "" });
  return { ...JSON.parse(stdout), built: stderr.includes(building) };
}

describe("what is run", () => {
  test("`throughline start` by the Node of the script, in the folder of the repository", async () => {
    const { args, node, cwd } = await start();
    expect({ args, node, cwd }).toEqual({ args: ["start"], node: process.execPath, cwd: repository.folder });
  });

  test("with the options that are given, or another command", async () => {
    expect((await start("--data", "a b", "--json")).args).toEqual(["start", "--data", "a b", "--json"]);
    expect((await start("doctor", "--json")).args).toEqual(["doctor", "--json"]);
  });

  test("through npm, with options after --", async () => {
    const { stdout } = await repository.run("npm", "start", "--silent", "--", "--data", "a b");
    expect(JSON.parse(stdout).args).toEqual(["start", "--data", "a b"]);
  });
});

describe("what is built", () => {
  test("nothing, when nothing has changed", async () => {
    await start();
    expect((await start()).built).toBe(false);
  });

  test.each([
    { change: "a source", path: "packages/server/src/index.ts", text: "export const changed = 1;\n" },
    { change: "a new source", path: "packages/client/src/deep/new.ts", text: "export {};\n" },
    { change: "the page", path: "packages/web/index.html", text: "<!doctype html><title>another</title>" },
    { change: "settings of the compiler", path: "tsconfig.base.json", text: '{ "compilerOptions": {} }' },
  ])("everything, after a change of $change", async ({ path, text }) => {
    await start();
    repository.write(path, text);
    expect((await start()).built).toBe(true);
    expect((await start()).built).toBe(false);
  });

  test("nothing, after a change of a test", async () => {
    await start();
    repository.write("packages/server/src/index.test.ts", "export {};\n");
    expect((await start()).built).toBe(false);
  });

  test.each(["packages/cli/dist", "packages/web/dist", "packages/client/dist", ".cache"])(
    "what is missing, after somebody removed %s",
    async (path) => {
      await start();
      repository.remove(path);
      expect((await start()).built).toBe(true);
      expect(existsSync(join(repository.folder, path))).toBe(true);
    },
  );

  test("a mistake in a source stops the start and names itself, until it is corrected", async () => {
    repository.write("packages/server/src/index.ts", 'export const wrong: number = "text";\n');
    for (const _attempt of [1, 2]) {
      const { code, stdout, stderr } = await repository.run("node", "scripts/start.mjs");
      expect(stderr).toContain("packages/server/src/index.ts(1,14): error TS2322");
      expect(stderr.trim().split("\n").at(-1)).toBe("unable to build the packages; correct what tsc reports above");
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    }
    repository.write("packages/server/src/index.ts", "export {};\n");
    expect((await start()).built).toBe(true);
  });
});

describe("how it ends", () => {
  test.each([
    { signal: "SIGTERM", code: 7 },
    { signal: "SIGINT", code: 8 },
  ] as const)("$signal is the program's, and so is the exit code", async ({ signal, code }) => {
    const program = repository.start("node", "scripts/start.mjs", "--port", "0");
    await program.printed('"start"');
    program.signal(signal);
    expect(await program.ended).toEqual({ code, signal: null });
    expect(program.stdout).toContain(signal);
  });

  test("a program that a signal has killed ends as a shell would say it", async () => {
    const program = repository.start("node", "scripts/start.mjs", "--port", "0");
    await program.printed('"start"');
    program.signal("SIGHUP");
    expect(await program.ended).toEqual({ code: 129, signal: null });
  });

  test.each(["SIGTERM", "SIGKILL"] as const)("%s to npm alone stops the program all the same", async (signal) => {
    const program = repository.start("npm", "start", "--silent", "--", "--port", "0");
    await program.printed('"start"');
    program.signal(signal);
    // The output ends when the last of the processes that hold it has: nothing is left behind.
    await program.ended;
    expect(program.stdout).toContain("SIGTERM");
  });
});
