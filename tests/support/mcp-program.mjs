// A small MCP server on standard input and output, by hand, for tests: it adds, echoes an error, hangs, and dies.
import { createInterface } from "node:readline";

const schema = { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] };
const tools = [
  { name: "add", description: "Adds", inputSchema: schema, annotations: { readOnlyHint: true } },
  { name: "fail", description: "Fails", inputSchema: { type: "object" } },
  { name: "hang", description: "Hangs", inputSchema: { type: "object" } },
  { name: "die", description: "Dies", inputSchema: { type: "object" } },
];
const calls = {
  add: ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }], structuredContent: { sum: a + b } }),
  fail: () => ({ content: [{ type: "text", text: "no such account" }], isError: true }),
  hang: () => undefined,
  die: () => process.exit(1),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  const reply = (result) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
  if (method === "initialize") {
    reply({
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: "test", version: "1" },
    });
  } else if (method === "tools/list") reply({ tools });
  else if (method === "tools/call") {
    const result = calls[params.name](params.arguments ?? {});
    if (result !== undefined) reply(result);
  } else if (id !== undefined) {
    process.stdout.write(
      `${JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "no such method" } })}\n`,
    );
  }
});
