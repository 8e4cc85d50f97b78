/**
 * Instruments of the server, through the OpenTelemetry API. Counts and gauges only; no label is ever a user, a thread or
 * anything else that grows.
 */
import type { Attributes, Meter } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";

export interface Metrics {
  count(name: string, description: string, attributes?: Attributes): void;
  gauge(name: string, description: string, read: () => number): void;
  /** In the Prometheus text format. */
  text(): Promise<string>;
}

export function createMetrics(): Metrics {
  // The exporter's own HTTP server is not used: `/metrics` is a route like any other.
  const exporter = new PrometheusExporter({ preventServerStart: true });
  // `target_info` would carry process arguments, which may hold secrets; it is left out.
  const serializer = new PrometheusSerializer("throughline", false, undefined, true, true);
  const meter: Meter = new MeterProvider({ readers: [exporter] }).getMeter("throughline");
  const counters = new Map<string, ReturnType<Meter["createCounter"]>>();
  return {
    count(name, description, attributes) {
      let counter = counters.get(name);
      if (counter === undefined) {
        counter = meter.createCounter(name, { description });
        counters.set(name, counter);
      }
      counter.add(1, attributes);
    },
    gauge(name, description, read) {
      meter.createObservableGauge(name, { description }).addCallback((result) => result.observe(read()));
    },
    async text() {
      const { resourceMetrics } = await exporter.collect();
      return serializer.serialize(resourceMetrics);
    },
  };
}
