/** A server with its own agent and its own tool. Usage: node examples/own-agent/main.ts [data folder] [port] */
import { createServer, defineAgent, defineTool } from "@throughline/server";
import { z } from "zod";

const roll = defineTool({
  name: "roll",
  description: "Rolls dice and returns what they show.",
  input: z.object({ count: z.int().min(1).max(100) }),
  once: "at-most-once",
  execute: async ({ count }) => Array.from({ length: count }, () => 1 + Math.floor(Math.random() * 6)),
});

const agent = defineAgent({
  name: "dealer",
  tools: [roll],
  async run(run) {
    await run.thinking("How many dice?");
    const count = Number(/\d+/.exec(run.message.text)?.[0] ?? 1);
    const result = await run.tool("roll", { count });
    run.delta(result.outcome === "completed" ? `You rolled ${JSON.stringify(result.output)}.` : result.error.message);
  },
});

const [dataDirectory = "data", port = "3000"] = process.argv.slice(2);
const secret = process.env.SECRET ?? "only for this example, at least 32 characters";
const server = await createServer({ dataDirectory, secret, port: Number(port), agent });
await server.listen();
console.log(JSON.stringify({ event: "listening", url: server.url }));
process.once("SIGTERM", () => server.drain());
