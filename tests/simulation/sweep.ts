/**
 * One small scenario, cut at every place where it can be: at the first crossing of a node's border, at the second, and so on,
 * and at each commit of the storage, until it ends before the cut comes. Between two crossings a node does nothing that
 * anybody could see or that lasts, so a crash there is a crash at the next one.
 */
import { type Finding, judge } from "./judge.ts";
import type { Observation } from "./observation.ts";
import type { Fault, Plan, Script } from "./plan.ts";
import type { History } from "./world.ts";

export interface Scenario {
  readonly name: string;
  readonly plan: Plan;
}

export interface SweepReport {
  readonly place: number;
  readonly plan: Plan;
  readonly history: History;
  readonly findings: readonly Finding[];
}

/** A way to cut a scenario at its place with a number, from 1. */
export interface Cut {
  readonly name: string;
  at(place: number): readonly Fault[];
  /** That it was cut. */
  readonly shows: (observation: Observation) => boolean;
}

const isCrash = ({ kind }: Observation) => kind === "node_crashed";
const isPause = ({ kind }: Observation) => kind === "node_paused";
const isFailedCommit = (observation: Observation) =>
  observation.kind === "hindered" && observation.by === "failed_commit";

/** A scenario has an end; one that never ends would be cut for ever. */
const placesMax = 5_000;

export const cuts: readonly Cut[] = [
  ...(["before", "after"] as const).map((when): Cut => {
    const at = (crossing: number): readonly Fault[] => [{ do: "crash_at", node: 0, crossing, when, downMs: 0 }];
    return { name: `crash ${when} crossing`, at, shows: isCrash };
  }),
  {
    name: "crash after crossing, and once more soon after,",
    at: (crossing) => [
      { do: "crash_at", node: 0, crossing, when: "after", downMs: 0 },
      // Each time at another place of what it does to recover.
      { do: "crash_at", node: 0, crossing: crossing + 1 + ((crossing * 7) % 40), when: "before", downMs: 0 },
    ],
    shows: isCrash,
  },
  {
    name: "long sleep from crossing",
    at: (crossing) => [{ do: "pause_at", node: 0, crossing, forMs: 9_000 }],
    shows: isPause,
  },
  ...(["lost", "unheard", "torn_stored", "torn_lost"] as const).map((fate): Cut => {
    const at = (number: number): readonly Fault[] => [{ do: "commit", number, fate, extraMs: 0 }];
    return { name: `${fate.replace("_", " and ")} commit`, at, shows: isFailedCommit };
  }),
];

/** The scenario, cut at one place after the other; the last report is of the first place that it did not reach. */
export async function* sweep({ name, plan }: Scenario, { at, shows }: Cut): AsyncGenerator<SweepReport> {
  for (let place = 1; place <= placesMax; place += 1) {
    const faulty = { ...plan, faults: at(place) };
    const { history, findings } = await judge(faulty);
    yield { place, plan: faulty, history, findings };
    if (!history.observations.some(shows)) return;
  }
  throw new Error(`unable to sweep ${name}; it has not ended before its place ${placesMax}`);
}

const call = { beforeMs: 5, afterMs: 5, ending: "return", heedsAbort: true, output: 10 } as const;
const say = { do: "say", pieces: 2, everyMs: 10, ending: "finish" } as const;

/** Every kind of thing that a run can do, and a tool of every kind. */
const everything: Script = [
  { do: "think" },
  say,
  {
    do: "call",
    calls: [
      { tool: "charge", ...call },
      { tool: "notify", ...call },
    ],
  },
  { do: "call", calls: [{ tool: "ask", ...call }] },
  say,
];
const endless: Script = [{ do: "call", calls: [{ tool: "charge", ...call, heedsAbort: false, ending: "hang" }] }];

const base: Plan = {
  seed: 0,
  nodes: 1,
  users: 1,
  devicesPerUser: 2,
  agent: "program",
  quality: "off",
  retentionMs: undefined,
  durationMs: 40_000,
  latencies: { network: [1, 1], log: [1, 1], commit: [1, 1] },
  limits: {
    leaseDurationMs: 6_000,
    leaseRenewIntervalMs: 2_000,
    approvalTimeoutMs: 20_000,
    runDurationMsMax: 30_000,
    toolDurationMsMax: 15_000,
    stopGraceMs: 1_000,
    heartbeatIntervalMs: 5_000,
    helloTimeoutMs: 5_000,
    sessionCheckIntervalMs: 30_000,
    compactionDelayMs: 200,
  },
  actions: [],
  faults: [],
};

const [one, other] = [{ user: 0, device: 0 } as const, { user: 0, device: 1 } as const];

/** A message with everything, approved from the other device; one that waits for it; a rename; a command sent again. */
const answered: Plan = {
  ...base,
  actions: [
    { at: 0, ...other, do: "answer", decision: "approve" },
    { at: 10, ...one, do: "send", script: everything, thread: undefined, onBusy: undefined },
    { at: 30, ...other, do: "send", script: [say], thread: 0, onBusy: "queue" },
    { at: 40, ...one, do: "repeat", command: 0, changed: false },
    { at: 60, ...other, do: "rename_thread", thread: 0 },
  ],
};

/** A run that would last for ever is stopped from the other device, and its thread deleted. */
const stopped: Plan = {
  ...base,
  actions: [
    { at: 10, ...one, do: "send", script: endless, thread: undefined, onBusy: undefined },
    { at: 60, ...other, do: "stop", run: 0 },
    { at: 1_500, ...one, do: "delete_thread", thread: 0 },
  ],
};

export const scenarios: readonly Scenario[] = [
  { name: "answered by one node", plan: answered },
  { name: "stopped on one node", plan: stopped },
  { name: "answered by two nodes", plan: { ...answered, nodes: 2 } },
  { name: "answered by a model", plan: { ...answered, agent: "model" } },
];
