import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("metrics are counted by their labels, read when they are asked for, and say nothing about the process", async () => {
  const metrics = createMetrics();
  let connections = 3;
  metrics.gauge("connections", "Open connections", () => connections);
  metrics.count("commands", "Commands", { type: "run.stop" });
  metrics.count("commands", "Commands", { type: "run.stop" });
  metrics.count("commands", "Commands", { type: "thread.create" });
  connections = 5;
  expect(await metrics.text()).toBe(
    [
      "# HELP throughline_connections Open connections",
      "# TYPE throughline_connections gauge",
      "throughline_connections 5",
      "# HELP throughline_commands_total Commands",
      "# TYPE throughline_commands_total counter",
      'throughline_commands_total{type="run.stop"} 2',
      'throughline_commands_total{type="thread.create"} 1',
      "",
    ].join("\n"),
  );
});
