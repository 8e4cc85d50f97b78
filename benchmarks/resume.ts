/** Every device loses its connection in the middle of a stream and comes back at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { connectAll, count, numbersAfter } from "./device.ts";
import type { Measurement, ResumeResult } from "./workload.ts";

export async function measureResume(measurement: Extract<Measurement, { measure: "resume" }>): Promise<ResumeResult> {
  const devices = (await connectAll(measurement)).map((device) => {
    const ended = Promise.withResolvers<void>();
    const reader = { device, last: device.head, lost: 0, repeated: 0, ended: ended.promise, onProgress: () => {} };
    device.onEvents = (text) => {
      for (const sequence of numbersAfter(text, '"sequence":')) {
        if (sequence <= reader.last) reader.repeated += 1;
        else {
          reader.lost += sequence - reader.last - 1;
          reader.last = sequence;
        }
      }
      reader.onProgress();
      if (count(text, '"type":"agent_completed"') > 0) ended.resolve();
    };
    return reader;
  });
  for (const [index, { device }] of devices.entries()) {
    if (index % measurement.devices === 0) device.ask(measurement.ask);
  }
  await sleep(measurement.dropAfterMs);
  const dropped = performance.now();
  for (const { device } of devices) device.drop();
  await Promise.all(
    devices.map(async (reader) => {
      await reader.device.connect();
      // Raw sockets name no head: whoever is connected again has all it will ever get.
      while (measurement.kind === "throughline" && reader.last < reader.device.head) {
        await new Promise<void>((resolve) => {
          reader.onProgress = resolve;
        });
      }
    }),
  );
  const recoveredMs = performance.now() - dropped;
  await Promise.all(devices.map(({ ended }) => ended));
  for (const { device } of devices) device.drop();
  return {
    recoveredMs,
    lost: devices.reduce((total, { lost }) => total + lost, 0),
    repeated: devices.reduce((total, { repeated }) => total + repeated, 0),
  };
}
