/** The first token of an answer, asked of the model itself and through the server, in turn. */
import { setTimeout as sleep } from "node:timers/promises";
import { Device } from "./device.ts";
import { percentile } from "./percentile.ts";
import type { FirstTokenResult, Measurement } from "./workload.ts";

const warmUps = 30;
const pauseMs = 50;

export async function measureFirstToken(
  measurement: Extract<Measurement, { measure: "first-token" }>,
): Promise<FirstTokenResult> {
  const device = new Device(measurement, 0);
  await device.connect();
  const direct: number[] = [];
  const through: number[] = [];
  for (let index = 0; index < warmUps + measurement.count; index += 1) {
    // Nobody asks again the moment the answer ends.
    await sleep(pauseMs);
    const times = [await askModel(measurement.modelUrl), await askServer(device)] as const;
    if (index < warmUps) continue;
    direct.push(times[0]);
    through.push(times[1]);
  }
  device.drop();
  const shares = (values: readonly number[]) => ({ p50: percentile(values, 0.5), p99: percentile(values, 0.99) });
  return { direct: shares(direct), through: shares(through) };
}

async function askModel(modelUrl: string): Promise<number> {
  const asked = performance.now();
  const response = await fetch(`${modelUrl}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "test-model", stream: true, messages: [{ role: "user", content: "Hello" }] }),
  });
  let first: number | undefined;
  for await (const piece of response.body as ReadableStream<Uint8Array>) {
    if (first === undefined && Buffer.from(piece).includes('"content"')) first = performance.now() - asked;
  }
  if (first === undefined) throw new Error("the model said nothing");
  return first;
}

function askServer(device: Device): Promise<number> {
  const asked = performance.now();
  let first: number | undefined;
  return new Promise((resolve, reject) => {
    device.onEvents = (text) => {
      if (first === undefined && text.includes('"type":"agent_delta"')) first = performance.now() - asked;
      if (!text.includes('"type":"agent_completed"')) return;
      if (first === undefined) reject(new Error(`no token came: ${text}`));
      else resolve(first);
    };
    device.ask({ work: "golden", deltas: 0 });
  });
}
