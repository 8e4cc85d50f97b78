/** Closed loop: each user asks again as soon as all of its devices have the answer. */
import { connectAll, count } from "./device.ts";
import { percentile } from "./percentile.ts";
import type { Measurement, ThroughputResult } from "./workload.ts";

export async function measureThroughput(
  measurement: Extract<Measurement, { measure: "throughput" }>,
): Promise<ThroughputResult> {
  const { ask, rounds } = measurement;
  const devices = (await connectAll(measurement)).map((device) => {
    const counted = { device, deliveries: 0, frames: 0, runs: 0, onRun: () => {} };
    device.onEvents = (text) => {
      counted.frames += 1;
      counted.deliveries += count(text, '{"sequence":');
      const runs = count(text, '"type":"agent_completed"');
      if (runs === 0) return;
      counted.runs += runs;
      counted.onRun();
    };
    return counted;
  });
  const latencies: number[] = [];
  const began = performance.now();
  await Promise.all(
    devices.map(async (counted, index) => {
      const asks = index % measurement.devices === 0;
      for (let round = 1; round <= rounds; round += 1) {
        const asked = performance.now();
        if (asks) counted.device.ask(ask);
        while (counted.runs < round) {
          await new Promise<void>((resolve) => {
            counted.onRun = resolve;
          });
        }
        if (asks) latencies.push(performance.now() - asked);
      }
    }),
  );
  const milliseconds = performance.now() - began;
  for (const { device } of devices) device.drop();
  return {
    milliseconds,
    deliveries: devices.reduce((total, { deliveries }) => total + deliveries, 0),
    frames: devices.reduce((total, { frames }) => total + frames, 0),
    runs: measurement.users * rounds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}
