import fc from "fast-check";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { MarkdownBlock } from "./markdown-block.tsx";
import { splitMarkdown } from "./split-markdown.ts";

/** Lines that change what the lines around them mean. */
const lines = [
  ...[
    "**bold** words",
    "# heading",
    "- item",
    "* item",
    "1. item",
    "2) item",
    "-",
    "1.",
    "> quote",
    "| a | b |",
    "|---|---|",
  ],
  ...[
    "  indented",
    "    code",
    "\tcode",
    "```",
    "```js",
    "~~~",
    "````",
    "   ```",
    "    ```",
    "- ```",
    "> ```",
    "```x```",
  ],
  ...[
    "<b>",
    "<!--",
    "-->",
    "<pre>",
    "</pre>",
    "- <pre>",
    "a <i> b",
    "---",
    "===",
    "***",
    "* * *",
    "words  ",
    "- [x] done",
  ],
  ...["[a]: https://example.org", "> [a]: https://example.org", "see [a]", "[a]", "note[^1]", "[^1]: note"],
];
/** Few kinds of lines at a time, so that they meet often. */
const markdown = fc
  .uniqueArray(fc.constantFrom(...lines), { minLength: 1, maxLength: 4 })
  .chain((kinds) => fc.array(fc.constantFrom("", "", "words", ...kinds), { maxLength: 10 }))
  .chain((chosen) => fc.constantFrom("", "\n").map((end) => chosen.join("\n") + end));

const render = (pieces: readonly string[]) =>
  pieces
    .map((text) => renderToStaticMarkup(<MarkdownBlock text={text} />))
    .filter((html) => html !== "")
    .join("\n");

test("pieces together are the text, and are shown as the whole text is", () => {
  fc.assert(
    fc.property(markdown, (text) => {
      const pieces = splitMarkdown(text);
      expect(pieces.join("")).toBe(text);
      expect(render(pieces)).toBe(render([text]));
    }),
    { numRuns: 500 },
  );
});

test("what is added at the end changes only the last piece", () => {
  fc.assert(
    fc.property(markdown, fc.nat(), (text, at) => {
      fc.pre(splitMarkdown(text).length > 1);
      const settled = splitMarkdown(text.slice(0, at % (text.length + 1))).slice(0, -1);
      expect(splitMarkdown(text).slice(0, settled.length)).toEqual(settled);
    }),
    { numRuns: 500 },
  );
});

test("cuts paragraphs, headings, lists and code apart", () => {
  const text = "# Title\n\nOne.\n\n- a\n\n- b\n\nTwo.\n\n```js\nlet a;\n\nlet b;\n```\n\nThree.\n";
  expect(splitMarkdown(text)).toEqual([
    "# Title\n\n",
    "One.\n\n- a\n\n- b\n\n",
    "Two.\n\n",
    "```js\nlet a;\n\nlet b;\n```\n\n",
    "Three.\n",
  ]);
});

test.each([
  ["code in one line that looks like a fence", "```x```\n\n```\na\n\nb\n```\n", ["```x```\n\n", "```\na\n\nb\n```\n"]],
  ["a fence of the other kind", "~~~\na\n```\n\nb\n~~~\n", ["~~~\na\n```\n\nb\n~~~\n"]],
  ["a fence in a list", "- ```\n  ```\n\n```\na\n\nb\n```\n", ["- ```\n  ```\n\n```\na\n\nb\n```\n"]],
  ["an empty item", "- a\n\n-\n", ["- a\n\n-\n"]],
  ["an address in a quote", "[a]\n\n> [a]: https://example.org\n", ["[a]\n\n> [a]: https://example.org\n"]],
  ["HTML in a list", "- <pre>\n\nwords\n", ["- <pre>\n\nwords\n"]],
])("is not taken in by %s", (_, text, pieces) => {
  expect(splitMarkdown(text)).toEqual(pieces);
});
