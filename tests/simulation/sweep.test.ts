/**
 * One busy world again and again, with the same accident one place later each time, until none is left: a node dies before or
 * after each thing that it does to the world or that reaches it, dies once more while it recovers, or falls asleep there and wakes
 * up when its leases are over. The random worlds meet such places by luck; this meets each of them.
 */
import { expect, test } from "vitest";
import { coverageOf } from "./coverage.ts";
import { judge } from "./judge.ts";
import type { Action, Fault, Plan } from "./plan.ts";

const call = { beforeMs: 5, afterMs: 5, ending: "return", heedsAbort: true, output: 10 } as const;
const device = { user: 0, device: 0 };
const other = { user: 0, device: 1 };

/** Two runs in one thread with every kind of step, an approval, a stop, a repeated command and a device that comes back. */
const actions: readonly Action[] = [
  {
    at: 10,
    ...device,
    do: "send",
    thread: undefined,
    onBusy: undefined,
    script: [
      { do: "think" },
      { do: "say", pieces: 3, everyMs: 20, ending: "finish" },
      {
        do: "call",
        calls: [
          { ...call, tool: "charge" },
          { ...call, tool: "notify" },
        ],
      },
      { do: "call", calls: [{ ...call, tool: "ask" }] },
      { do: "say", pieces: 2, everyMs: 10, ending: "finish" },
    ],
  },
  {
    at: 60,
    ...other,
    do: "send",
    thread: 0,
    onBusy: "queue",
    script: [
      { do: "call", calls: [{ ...call, tool: "charge", afterMs: 500 }] },
      { do: "wait", forMs: 8_000 },
    ],
  },
  { at: 90, ...device, do: "repeat", command: 0, changed: false },
  { at: 150, ...other, do: "answer", decision: "approve" },
  { at: 400, ...device, do: "reconnect", from: "older", keepOld: false },
  { at: 500, ...other, do: "rename_thread", thread: 0 },
  { at: 5_000, ...device, do: "stop", run: 1 },
];

function planWith(nodes: number, faults: readonly Fault[]): Plan {
  return {
    seed: 1,
    nodes,
    users: 1,
    devicesPerUser: 2,
    agent: "program",
    durationMs: 12_000,
    latencies: { network: [1, 5], log: [0, 2], commit: [0, 3] },
    limits: {
      // Over soon, so that a run which was interrupted goes on before it is stopped.
      leaseDurationMs: 600,
      leaseRenewIntervalMs: 200,
      runDurationMsMax: 60_000,
      stopGraceMs: 1_000,
      compactionDelayMs: 200,
      heartbeatIntervalMs: 5_000,
    },
    actions,
    faults,
  };
}

/** Moves an accident through the world until it does not happen any more. Resolves with how often it did, and what was met. */
async function sweep(
  nodes: number,
  accident: "node_crashed" | "node_paused",
  faultsAt: (crossing: number) => readonly Fault[],
): Promise<{ readonly places: number; readonly met: ReadonlyMap<string, number> }> {
  const met = new Map<string, number>();
  for (let crossing = 1; ; crossing += 1) {
    const plan = planWith(nodes, faultsAt(crossing));
    const { history, findings } = await judge(plan);
    expect(findings, JSON.stringify(plan.faults)).toEqual([]);
    const coverage = coverageOf(history);
    if (!coverage.has(accident)) return { places: crossing - 1, met };
    for (const [what, count] of coverage) met.set(what, (met.get(what) ?? 0) + count);
  }
}

/** Places at which nothing of this happens prove nothing. */
function notMet(met: ReadonlyMap<string, number>, ...wanted: readonly string[]): string[] {
  return wanted.filter((what) => !met.has(what));
}

const crash = (crossing: number, when: "before" | "after"): Fault => {
  return { do: "crash_at", node: 0, crossing, when, downMs: 20 };
};

test.each(["before", "after"] as const)(
  "a node dies %s each thing that it does",
  { timeout: 300_000 },
  async (when) => {
    const { places, met } = await sweep(1, "node_crashed", (crossing) => [crash(crossing, when)]);
    console.log(`a node died ${when} each of ${places} crossings of its border`);
    expect(places).toBeGreaterThan(150);
    expect(notMet(met, "event run_resumed", "tool_completed unknown", "call repeated", "reply duplicate")).toEqual([]);
  },
);

test("it dies again while it recovers", { timeout: 300_000 }, async () => {
  const { places, met } = await sweep(1, "node_crashed", (crossing) => [
    crash(crossing, "after"),
    crash(crossing + 1 + ((crossing * 7) % 40), "before"),
  ]);
  console.log(`a node died at each of ${places} crossings, and once more soon after`);
  expect(places).toBeGreaterThan(150);
  expect(notMet(met, "event run_resumed", "tool_completed unknown", "call repeated", "reply duplicate")).toEqual([]);
});

test.each([0, 1])(
  "of two nodes, node %i sleeps longer than its leases at each crossing",
  { timeout: 300_000 },
  async (node) => {
    const { places, met } = await sweep(2, "node_paused", (crossing) => [
      { do: "pause_at", node, crossing, forMs: 1_500 },
    ]);
    console.log(`node ${node} of two fell asleep at each of ${places} crossings`);
    expect(places).toBeGreaterThan(150);
    // Runs begin on node 0, and the other one takes them over.
    expect(notMet(met, "node_resumed", ...(node === 0 ? ["event run_resumed", "run on a second node"] : []))).toEqual(
      [],
    );
  },
);
