/** Events at a steady pace: how long each takes to its devices. */
import { connectAll, count, numbersAfter } from "./device.ts";
import { percentile } from "./percentile.ts";
import type { Measurement, PacedResult } from "./workload.ts";

export async function measurePaced(measurement: Extract<Measurement, { measure: "paced" }>): Promise<PacedResult> {
  const devices = await connectAll(measurement);
  const latencies: number[] = [];
  const ended = devices.map(
    (device) =>
      new Promise<void>((resolve) => {
        device.onEvents = (text) => {
          const now = Number(process.hrtime.bigint());
          // Both ends read the same monotonic clock of the machine.
          for (const made of numbersAfter(text, '"text":"@')) latencies.push((now - made) / 1e6);
          if (count(text, '"type":"agent_completed"') > 0) resolve();
        };
      }),
  );
  for (const [index, device] of devices.entries()) if (index % measurement.devices === 0) device.ask(measurement.ask);
  await Promise.all(ended);
  for (const device of devices) device.drop();
  return { deliveries: latencies.length, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}
