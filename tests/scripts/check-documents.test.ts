import { expect, test } from "vitest";
import { checkDocuments } from "../../scripts/check-documents.mjs";
import { Tree } from "./tree.ts";

/** What is wrong in one document of a small repository. */
function findings(text: string, path = "README.md"): readonly string[] {
  using tree = new Tree({
    "package.json": JSON.stringify({ scripts: { start: "", test: "", check: "" } }),
    "docs/errors.md": "# Errors and codes\n\n## 2. What `too_large` means\n",
    "packages/server/src/log/log.ts": "",
    ".ci/run": "",
    "node_modules/other/README.md": "[nowhere](nowhere.md)",
    "packages/server/dist/README.md": "[nowhere](nowhere.md)",
    [path]: text,
  });
  return checkDocuments(tree.folder);
}

test.each([
  "[errors](docs/errors.md), [one](docs/errors.md#2-what-too_large-means), [folder](docs)",
  "# Here\n\n[here](#here) [elsewhere](https://example.org/nowhere.md) [mail](mailto:a@example.org)",
  "`packages/server/src/log/log.ts`, packages/server/src/log/log.ts, packages/server/, `.ci/run`",
  "`packages/*/src/**/*.test.ts`, src/nowhere.ts, /docs/nowhere.md, https://example.org/docs/nowhere.md",
  "`npm run check`, npm run start; npm and npm ci are not ours",
])("nothing in: %s", (text) => {
  expect(findings(text)).toEqual([]);
});

test.each([
  ["[gone](docs/gone.md)", ["README.md:1: no file docs/gone.md", "README.md:1: no file docs/gone.md"]],
  ["[gone](gone.md#here)", ["README.md:1: no file gone.md"]],
  ["[gone](docs/errors.md#gone)", ["README.md:1: no heading docs/errors.md#gone"]],
  ["\n\n[gone](#gone)", ["README.md:3: no heading #gone"]],
  ["see `packages/server/src/log/gone.ts`.", ["README.md:1: no file packages/server/src/log/gone.ts"]],
  ["```sh\nnode docs/gone.mjs\n```", ["README.md:2: no file docs/gone.mjs"]],
  ["run `.ci/gone`", ["README.md:1: no file .ci/gone"]],
  ["`npm run gone`", ["README.md:1: no command npm run gone"]],
  ["npm run ci", ["README.md:1: no command npm run ci"]],
])("in: %s", (text, expected) => {
  expect(findings(text)).toEqual(expected);
});

test("links count from the folder of their document, and documents in packages are read as well", () => {
  expect(findings("[errors](errors.md) [root](../package.json) [gone](docs/errors.md)", "docs/other.md")).toEqual([
    "docs/other.md:1: no file docs/errors.md",
  ]);
  expect(findings("[gone](gone.md)", "packages/server/README.md")).toEqual([
    "packages/server/README.md:1: no file gone.md",
  ]);
});
