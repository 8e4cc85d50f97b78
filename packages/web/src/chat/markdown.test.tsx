import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { Markdown } from "./markdown.tsx";
import { safeLink } from "./safe-link.ts";

const render = (text: string, streaming = false) =>
  renderToStaticMarkup(<Markdown text={text} streaming={streaming} />);

describe("what an agent writes", () => {
  test("shows an image as words and a link, and never loads it", () => {
    const html = render("![a cat](https://elsewhere.example/cat.png)");
    expect(html).not.toContain("<img");
    expect(html).toContain('href="https://elsewhere.example/cat.png"');
    expect(html).toContain("Image: a cat (https://elsewhere.example/cat.png)");
    expect(render("![x](data:image/png;base64,AAAA)")).not.toMatch(/<img|data:/);
    expect(render("![x][1]\n\n[1]: https://elsewhere.example/cat.png")).not.toContain("<img");
    expect(render("![x](https://elsewhere.example/ca", true)).not.toContain("<img");
  });

  test("makes no link in a link", () => {
    const html = render("[![a cat](https://elsewhere.example/cat.png)](https://example.org)");
    expect(html.match(/<a /g)).toHaveLength(1);
    expect(html).toContain('href="https://example.org/"');
  });

  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "//elsewhere.example",
    "/v1/threads",
  ])("makes no link of %s", (target) => {
    expect(render(`[here](${target})`)).not.toContain("<a ");
    expect(safeLink(target)).toBeUndefined();
  });

  test("opens links elsewhere, without telling where from", () => {
    expect(render("[docs](https://example.org/a)")).toContain(
      '<a href="https://example.org/a" target="_blank" rel="noopener noreferrer nofollow">docs</a>',
    );
  });

  test("shows HTML as text", () => {
    const html = render(
      '<script>alert(1)</script><iframe src="https://elsewhere.example"></iframe><b onclick="x">bold</b>',
    );
    expect(html).not.toMatch(/<script|<iframe|<b /);
  });

  test("closes what is open while it streams, and only then", () => {
    expect(render("It is **bo", true)).toContain("<strong>bo</strong>");
    expect(render("It is **bo", false)).toContain("It is **bo");
  });

  test("begins its headings below those of the page", () => {
    expect(render("# a\n\n## b")).toBe('<div class="markdown"><h3>a</h3>\n<h4>b</h4></div>');
  });

  test("has tables and code", () => {
    expect(render("| a |\n|---|\n| 1 |")).toContain("<td>1</td>");
    expect(render("```js\nlet a;\n```")).toMatch(/<pre[^>]*><code/);
  });
});
