import { expect, test } from "vitest";
import { readFacts } from "./read-facts.ts";

/** What each scope dispatches on, by its name; `""` is the module. */
function keysOf(path: string, text: string): Record<string, readonly string[]> {
  const { scopes = [] } = readFacts(path, text) ?? {};
  return Object.fromEntries(scopes.filter(({ keys }) => keys.length > 0).map(({ name, keys }) => [name, keys]));
}

test("TypeScript: labels, comparisons, and tables of handlers", () => {
  const text = `
class Router {
  byLabel(frame) { switch (frame.type) { case "a": case \`b\`: return 1; case other: case 2: return 2; case "a": } }
  byComparison(frame) { if (frame.type === "c" || "d" == frame.type) return 1; return frame.type !== "e"; }
  byKind(value) { switch (typeof value) { case "string": } return typeof value === "number" || "object" === typeof value; }
  byTable() { return { ping: () => 1, "stop it": this.handleStop, start: this.onStart.bind(this), id: this.id, size: 3, onMessage }; }
}
const handlers = { send() {}, late: lateHandler, get state() { return 1; } };
`;
  expect(keysOf("a.ts", text)).toEqual({
    byLabel: ["a", "b"],
    byComparison: ["c", "d"],
    byTable: ["ping", "stop it", "start"],
    handlers: ["send", "late"],
  });
});

test("Python: labels, comparisons, membership and tables of handlers", () => {
  const text = `
def by_comparison(frame):
    if frame.kind == "a":
        return 1
    elif frame.kind in ("b", 'c'):
        return 2
    elif frame.kind != "d" and frame.kind not in ["e"]:
        return 3
    for kind in ("x", "y"):
        pass
def by_label(frame):
    match frame.kind:
        case "a" | "b":
            return 1
        case {"type": "c"}:
            return 2
def by_table(self):
    return {"ping": self.handle_ping, "stop": lambda f: f, "id": self.id, "size": 3, other: self.on_other}
`;
  expect(keysOf("a.py", text)).toEqual({
    by_comparison: ["a", "b", "c", "e"],
    by_label: ["a", "b", "type", "c"],
    by_table: ["ping", "stop"],
  });
});

test("each once, no more than 64, none longer than 100 characters", () => {
  const labels = Array.from({ length: 70 }, (_, at) => `case "key${at}": case "key0":`).join("\n");
  const { go = [] } = keysOf("a.ts", `function go(x) { switch (x) { case "${"l".repeat(101)}": ${labels} } }`);
  expect(go).toHaveLength(64);
  expect(go[0]).toBe("key0");
  expect(go[63]).toBe("key63");
});
