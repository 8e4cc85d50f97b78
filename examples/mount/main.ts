/** Throughline inside a Node server of one's own. Usage: node examples/mount/main.ts [data folder] [port] */
import { createServer as createNodeServer } from "node:http";
import { createServer, defineAgent } from "@throughline/server";

const [dataDirectory = "data", port = "3000"] = process.argv.slice(2);
const agent = defineAgent({ name: "echo", run: async (run) => `You said: ${run.message.text}` });
const secret = process.env.SECRET ?? "only for this example, at least 32 characters";

const own = createNodeServer(async (request, response) => {
  // Whatever is yours stays yours; with Express, `app.use((request, response) => throughline.handleRequest(request, response))`,
  // with Hono, `app.mount("/", throughline.fetch)`.
  if (request.url === "/hello") response.end("hello from the host");
  else await throughline.handleRequest(request, response);
});
own.on("upgrade", (request, socket, head) => {
  if (!throughline.handleUpgrade(request, socket, head)) socket.destroy();
});
await new Promise<void>((resolve) => own.listen(Number(port), "127.0.0.1", resolve));
const address = own.address();
const publicUrl = `http://localhost:${typeof address === "object" ? address?.port : port}`;
const throughline = await createServer({ dataDirectory, secret, publicUrl, agent });
console.log(JSON.stringify({ event: "listening", url: publicUrl }));
