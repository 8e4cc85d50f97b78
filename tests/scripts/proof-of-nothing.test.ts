import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

// Each of these once said that nothing failed, and ended with 0.
test.each([
  ["simulation", ["--from", "abc"], "--from abc"],
  ["simulation", ["--seeds", "2k"], "--seeds 2k"],
  ["simulation", ["--seeds", "0"], "--seeds 0"],
  ["simulation", ["--jobs", "0"], "--jobs 0"],
  ["fuzz", ["--inputs", "10k"], "--inputs 10k"],
  ["long-run", ["--minutes", "1.5"], "--minutes 1.5"],
])("%s %j proves nothing, and says so", (folder, words, named) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`tests/${folder}/main.ts`, ...words], {
    encoding: "utf8",
  });
  expect([status, stdout, stderr]).toEqual([
    2,
    "",
    expect.stringContaining(`unable to use ${named}; it is a whole number`),
  ]);
});
