/** The clients: they ask, count what arrives, and time it. The same for both servers but for how they speak. */
import { WebSocket } from "ws";
import type { Load, LoadResult } from "./workload.ts";

interface Device {
  readonly socket: WebSocket;
  readonly user: number;
  deliveries: number;
  frames: number;
  runs: number;
  onRun: () => void;
}

process.on("message", async (load: Load) => {
  process.send?.(await measure(load));
});
process.send?.({});

async function measure(load: Load): Promise<LoadResult> {
  const devices: Device[] = [];
  for (let user = 0; user < load.users; user += 1) {
    for (let index = 0; index < load.devices; index += 1) devices.push(await connect(load, user));
  }
  const latencies: number[] = [];
  const began = performance.now();
  await Promise.all(
    devices.map(async (device, index) => {
      const asks = index % load.devices === 0;
      for (let round = 1; round <= load.rounds; round += 1) {
        const asked = performance.now();
        if (asks) ask(device, load, round);
        while (device.runs < round) {
          await new Promise<void>((resolve) => {
            device.onRun = resolve;
          });
        }
        if (asks) latencies.push(performance.now() - asked);
      }
    }),
  );
  const milliseconds = performance.now() - began;
  const sum = (of: (device: Device) => number) => devices.reduce((total, device) => total + of(device), 0);
  for (const { socket } of devices) socket.terminate();
  latencies.sort((left, right) => left - right);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    milliseconds,
    deliveries: sum((device) => device.deliveries),
    frames: sum((device) => device.frames),
    runs: load.users * load.rounds,
    p50: at(0.5),
    p99: at(0.99),
  };
}

async function connect(load: Load, user: number): Promise<Device> {
  const socket = await open(load, user);
  const device: Device = { socket, user, deliveries: 0, frames: 0, runs: 0, onRun: () => undefined };
  socket.on("message", (data) => {
    const text = data.toString();
    if (!text.startsWith('{"kind":"events"')) return;
    device.frames += 1;
    device.deliveries += count(text, '{"sequence":');
    const runs = count(text, '"type":"agent_completed"');
    if (runs === 0) return;
    device.runs += runs;
    device.onRun();
  });
  return device;
}

function open(load: Load, user: number): Promise<WebSocket> {
  const raw = load.kind === "raw";
  const path = raw ? `/?user=${user}` : "/v1/connect";
  const headers = raw ? {} : { authorization: `Bearer ${load.tokens[user]}` };
  const socket = new WebSocket(`ws://127.0.0.1:${load.port}${path}`, raw ? [] : ["throughline.v1"], {
    headers,
    perMessageDeflate: false,
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    if (raw) {
      socket.once("open", () => resolve(socket));
      return;
    }
    socket.once("open", () => socket.send(JSON.stringify({ kind: "hello", protocol: 1, after: null })));
    socket.once("message", () => resolve(socket));
  });
}

function ask(device: Device, load: Load, round: number): void {
  const text = JSON.stringify(load.ask);
  if (load.kind === "raw") device.socket.send(text);
  else {
    const id = `b${process.pid}-${device.user}-${round}-${Math.floor(performance.now() * 1_000)}`;
    device.socket.send(JSON.stringify({ kind: "command", id, type: "message.send", data: { text } }));
  }
}

function count(text: string, part: string): number {
  let found = 0;
  for (let index = text.indexOf(part); index >= 0; index = text.indexOf(part, index + part.length)) found += 1;
  return found;
}
