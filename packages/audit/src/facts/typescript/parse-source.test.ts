import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";
import { expect, test } from "vitest";
import { listFiles } from "../../files/list-files.ts";
import { parseSource } from "./parse-source.ts";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));

/** The tree may be handed over in memory, which the parser calls experimental: it has to be the tree that JSON gives. */
test("the tree is the same whichever way it is handed over", async () => {
  const asText = (value: unknown) =>
    JSON.stringify(value, (_, each) => (typeof each === "bigint" ? String(each) : (each ?? null)));
  const { files } = await listFiles(root, { include: ["packages/*/src"] });
  expect(files.length).toBeGreaterThan(200);
  for (const path of files) {
    const text = readFileSync(join(root, path), "utf8");
    const lang = path.endsWith("x") ? "tsx" : "ts";
    const { program, comments } = parseSync(path, text, { lang, sourceType: "module", preserveParens: false });
    const own = parseSource(path, text);
    expect(asText(own.program) === asText(program), path).toBe(true);
    expect(asText(own.comments) === asText(comments), path).toBe(true);
  }
});
