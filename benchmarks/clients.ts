/** The process of the clients: measures what it is asked to, one thing after the other. */
import { measureFirstToken } from "./first-token.ts";
import { measureIdle } from "./idle.ts";
import { measurePaced } from "./paced.ts";
import { measureResume } from "./resume.ts";
import { measureThroughput } from "./throughput.ts";
import type { Measurement } from "./workload.ts";

process.on("message", async (measurement: Measurement) => {
  process.send?.(await measure(measurement));
});
process.send?.({});

function measure(measurement: Measurement): Promise<object> {
  switch (measurement.measure) {
    case "throughput":
      return measureThroughput(measurement);
    case "paced":
      return measurePaced(measurement);
    case "resume":
      return measureResume(measurement);
    case "idle":
      return measureIdle(measurement);
    case "first-token":
      return measureFirstToken(measurement);
  }
}
