import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { FileFacts } from "./file-facts.ts";
import { packFacts } from "./pack-facts.ts";
import { PackedFacts } from "./packed-facts.ts";
import { readFacts } from "./read-facts.ts";

/** As it was read, through bytes and back. */
function through(facts: FileFacts): unknown {
  const bytes = packFacts(facts);
  expect(bytes.length % 4).toBe(0);
  return JSON.parse(JSON.stringify(new PackedFacts(facts.path, bytes)));
}

function expectSame(path: string, text: string): void {
  const facts = readFacts(path, text);
  if (facts === undefined) throw new Error(`nobody reads ${path}`);
  expect(through(facts)).toEqual(JSON.parse(JSON.stringify(facts)));
}

test("packed facts are the facts, for every source of this package", () => {
  const folder = fileURLToPath(new URL("../", import.meta.url));
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  expect(sources.length).toBeGreaterThan(80);
  for (const path of sources) expectSame(path, readFileSync(`${folder}/${path}`, "utf8"));
});

test("and for Python with everything in it", () => {
  expectSame(
    "a/b.py",
    `#!/usr/bin/env python
from typing import TYPE_CHECKING, Optional
if TYPE_CHECKING:
    from .x import *
try:
    import fast.deep
except ImportError:
    fast = None
__all__ = ["Router"]
@register("a", name="b")
class Router(Base, Protocol):
    async def route(self, message: "Optional[Message]", *rest) -> Optional[Reply]:
        self.late = getattr(message, "kind")()  # audit-ignore: known
        for part in rest:
            try:
                self.send(part, "x", "y")
            except Exception:
                legacy.send(part)
    @staticmethod
    def none(): ...
`,
  );
});

test("names beyond Latin-1, and a file that cannot be read to its end", () => {
  expectSame("a.py", 'größe = 1\n名前 = größe("😀", "\\ud800")\n');
  expectSame("broken.ts", "export const = ;");
  expectSame("broken.py", "def f():\n    x = (1\n");
});

test("numbers that need more than two bytes", () => {
  const lines = "\n".repeat(70_000);
  expectSame("long.ts", `const first = 1;${lines}export class Last { go() { first.toFixed(1); } }`);
});
