import { expect, test } from "vitest";
import { code, documentTables } from "../../../../tests/markdown-tables.ts";
import { startErrorCodes } from "./start-error.ts";

test("docs/errors.md says of each code what happened, who causes it and what to do", () => {
  const rows = documentTables("docs/errors.md").rows("Refused starts", "Code");
  expect(rows.map((row) => code(row.Code)).sort()).toEqual([...startErrorCodes].sort());
  for (const row of rows) {
    for (const question of ["What happened", "Who causes it", "What to do"]) expect(row[question]).toMatch(/\w{2}/);
  }
});
