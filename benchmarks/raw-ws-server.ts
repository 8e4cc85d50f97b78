/** The reference: `ws` alone, one frame an event, nothing stored, nobody signed in. */
import { type WebSocket, WebSocketServer } from "ws";
import { answerMemory } from "./memory.ts";
import { pace, stampedText } from "./pace.ts";
import type { Ask } from "./workload.ts";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
const devices = new Map<string, Set<WebSocket>>();

server.on("connection", (socket, request) => {
  const user = new URL(request.url ?? "/", "http://localhost").searchParams.get("user") ?? "";
  const sockets = devices.get(user) ?? new Set();
  devices.set(user, sockets.add(socket));
  socket.on("close", () => sockets.delete(socket));
  let sequence = 0;
  const send = (type: string, data: object) => {
    sequence += 1;
    const event = {
      sequence,
      type,
      threadId: "thr_benchmark0001",
      runId: "run_benchmark0001",
      at: new Date().toISOString(),
      data,
    };
    const frame = JSON.stringify({ kind: "events", events: [event] });
    for (const device of sockets) device.send(frame);
  };
  socket.on("message", async (message) => {
    const ask = JSON.parse(String(message)) as Ask;
    if (ask.work === "events") {
      for (let index = 0; index < ask.count; index += 1) send("agent_thinking", { step: index + 1, text: ask.text });
    } else if (ask.work === "paced") {
      let step = 0;
      await pace(ask.count, ask.everyMs, () => {
        step += 1;
        send("agent_thinking", { step, text: stampedText() });
      });
    } else {
      send("message_accepted", { text: "go" });
      send("agent_started", { agent: "raw" });
      send("agent_thinking", { step: 1 });
      send("tool_executing", { callId: "call_benchmark1", tool: "add", input: { a: 1, b: 2 } });
      send("tool_completed", {
        callId: "call_benchmark1",
        tool: "add",
        outcome: "completed",
        output: 3,
        durationMs: 0,
      });
      for (let index = 0; index < ask.deltas; index += 1)
        send("agent_delta", { step: 1, offset: index * 6, text: "token " });
    }
    send("agent_completed", { outcome: "completed", message: { text: "token ".repeat(20) } });
  });
});
answerMemory();
server.on("listening", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : 0 });
});
