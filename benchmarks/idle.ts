import { connectAll } from "./device.ts";
import type { Measurement } from "./workload.ts";

/** Connects every device and keeps them, silent, as long as this process lives. */
export async function measureIdle(measurement: Extract<Measurement, { measure: "idle" }>): Promise<object> {
  await connectAll(measurement);
  return {};
}
