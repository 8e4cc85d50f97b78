import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { bridges } from "../../examples/migrate-from-fragments/after/bridges.ts";
import { cases } from "../../examples/migrate-from-fragments/after/cases.ts";
import { failures } from "../../examples/migrate-from-fragments/before/failures.ts";

const example = join(import.meta.dirname, "../../examples/migrate-from-fragments/main.ts");

test("each failure of the old code has its case", () => {
  expect(cases.map(({ id }) => id)).toEqual(failures.map(({ id }) => id));
});

test("the build ends with the bridges that it needs", () => {
  expect(bridges.expired()).toEqual([]);
});

test("one command shows each failing before and holding after", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [example]);
  expect(stdout.match(/^ {2}before {2}FAILS/gm)).toHaveLength(12);
  expect(stdout.match(/^ {2}after {3}holds/gm)).toHaveLength(12);
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("12 of 12 fail before and hold after");
});
