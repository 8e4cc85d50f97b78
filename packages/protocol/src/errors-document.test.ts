/** docs/errors.md explains every code that there is, and none that there is not. */
import { expect, test } from "vitest";
import { code, codes, documentTables } from "../../../tests/markdown-tables.ts";
import { closeCodes } from "./close-codes.ts";
import { errorCodes, runErrorCodes, toolErrorCodes } from "./errors.ts";
import { defaultLimits } from "./limits.ts";

const document = documentTables("docs/errors.md");
const chapters = [
  ["Refused requests", "Code", Object.keys(errorCodes)],
  ["Failed tool calls", "Code", toolErrorCodes],
  ["Failed runs", "Code", runErrorCodes],
  ["Closed connections", "Name", Object.keys(closeCodes)],
] as const;

test.each(chapters)("%s has every code", (heading, column, expected) => {
  const documented = document.rows(heading, column).map((row) => code(row[column]));
  expect(documented.sort()).toEqual([...expected].sort());
});

test.each(chapters)("%s says of each what happened, who causes it and what to do", (heading, column) => {
  for (const row of document.rows(heading, column)) {
    for (const question of ["What happened", "Who causes it", "What to do"]) expect(row[question]).toMatch(/\w{2}/);
  }
});

test("closed connections have their numbers", () => {
  const documented = document.rows("Closed connections", "Name").map((row) => [code(row.Name), Number(row.Code)]);
  expect(Object.fromEntries(documented)).toEqual(closeCodes);
});

test("the limits that it names exist", () => {
  const fields = ["retryAfterMs", "reconnectAfterMs"];
  const named = codes(document.text).filter((name) => /^[A-Za-z]+(?:Max|Ms)$/.test(name) && !fields.includes(name));
  for (const name of named) expect(Object.keys(defaultLimits)).toContain(name);
});
