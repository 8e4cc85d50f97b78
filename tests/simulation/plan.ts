/**
 * What a simulated world is to live through: everything that people, tools, models and misfortune do, as plain data. A
 * plan is made from a seed; since it is a list of independent items, a failing one can be made shorter item by item.
 */
import { defaultLimits, type Limits } from "@throughline/protocol";
import type { Latency } from "./line.ts";
import { Random } from "./random.ts";

export interface Plan {
  /** Names the luck of everything that the plan does not say, such as latencies. */
  readonly seed: number;
  readonly nodes: number;
  readonly users: number;
  readonly devicesPerUser: number;
  readonly agent: "program" | "model";
  /** What its answers have to pass. */
  readonly quality: "off" | "annotate" | "block";
  /** How long a thread is kept after its last event, for as long as people act. */
  readonly retentionMs: number | undefined;
  /** Milliseconds in which people act and faults happen; then everything is healed. */
  readonly durationMs: number;
  readonly latencies: {
    readonly network: Latency;
    readonly log: Latency;
    readonly commit: Latency;
  };
  readonly limits: Partial<Limits>;
  readonly actions: readonly Action[];
  readonly faults: readonly Fault[];
}

/** Something that a person does. What it refers to is counted in what the device knows by then. */
export type Action = { readonly at: number; readonly user: number; readonly device: number } & ActionKind;

export type ActionKind =
  | {
      readonly do: "send";
      readonly script: Script;
      /** Undefined: a new one. */
      readonly thread: number | undefined;
      readonly onBusy: "queue" | "interrupt" | "reject" | undefined;
    }
  | { readonly do: "stop"; readonly run: number }
  | { readonly do: "create_thread" }
  | { readonly do: "rename_thread"; readonly thread: number }
  | { readonly do: "delete_thread"; readonly thread: number }
  /** Answers what waits for approval now and from now on; people may contradict each other. */
  | { readonly do: "answer"; readonly decision: "approve" | "deny" }
  /** A command that was sent before goes out again under its id, with the same or with other content. */
  | { readonly do: "repeat"; readonly command: number; readonly changed: boolean }
  /** One command over two devices at once. */
  | { readonly do: "send_twice"; readonly script: Script }
  /** Names what belongs to another user. */
  | { readonly do: "trespass"; readonly want: "send" | "stop" | "rename" | "delete" | "answer"; readonly index: number }
  | { readonly do: "nonsense"; readonly kind: "unknown_type" | "invalid_data" | "bad_frame" }
  | { readonly do: "reconnect"; readonly from: ReconnectFrom; readonly keepOld: boolean }
  /** Comes back as a client that has lost count: sends its newest commands again, answered or not, in any order. */
  | { readonly do: "resend"; readonly commands: number; readonly from: ReconnectFrom };

/** `cursor`: where it stands. `older`: a place where it stood. `beginning`: sequence 0. */
export type ReconnectFrom = "cursor" | "older" | "beginning" | "head" | "ahead" | "foreign";

/** What the agent does for a message: the message's text is this, as JSON. */
export type Script = readonly ScriptStep[];

export type ScriptStep =
  | { readonly do: "think" }
  /** A model call that streams so many pieces; then it ends as said. */
  | {
      readonly do: "say";
      readonly pieces: number;
      readonly everyMs: number;
      readonly ending: "finish" | "cut" | "fail" | "hang";
    }
  | { readonly do: "call"; readonly calls: readonly ScriptCall[] }
  | { readonly do: "wait"; readonly forMs: number };

export type ToolName = "charge" | "notify" | "ask" | "missing";

/** A tool call, as its input says. */
export interface ScriptCall {
  readonly tool: ToolName;
  readonly beforeMs: number;
  readonly afterMs: number;
  /** After the effect. `die`: the node does, once for each call. */
  readonly ending: "return" | "throw" | "hang" | "die";
  readonly heedsAbort: boolean;
  /** Characters of its output. */
  readonly output: number;
}

export type CommitFate = "stored" | "lost" | "unheard" | "torn_stored" | "torn_lost";

export type Fault =
  | { readonly do: "crash"; readonly at: number; readonly node: number; readonly downMs: number }
  /** At the crossing with this number of a node's border, counted over all its lives. */
  | {
      readonly do: "crash_at";
      readonly node: number;
      readonly crossing: number;
      readonly when: "before" | "after";
      readonly downMs: number;
    }
  /** It sleeps from such a crossing on: a zombie when it wakes up later than its leases. */
  | { readonly do: "pause_at"; readonly node: number; readonly crossing: number; readonly forMs: number }
  /** It is told to stop, and stops in its own time. */
  | { readonly do: "drain"; readonly at: number; readonly node: number; readonly downMs: number }
  | { readonly do: "pause"; readonly at: number; readonly node: number; readonly forMs: number }
  /** A device's connection breaks; the server may learn of it much later. */
  | {
      readonly do: "cut";
      readonly at: number;
      readonly user: number;
      readonly device: number;
      readonly clientLearnsMs: number | undefined;
      readonly serverLearnsMs: number | undefined;
    }
  /** A device reads nothing for a while. */
  | {
      readonly do: "stall";
      readonly at: number;
      readonly user: number;
      readonly device: number;
      readonly forMs: number;
    }
  /** The fate of a commit of the storage, by its number. */
  | { readonly do: "commit"; readonly number: number; readonly fate: CommitFate; readonly extraMs: number }
  | { readonly do: "unreadable"; readonly at: number; readonly forMs: number }
  /** The way between a node and the log is blocked: everything is heard, but late. Its own timers go on. */
  | { readonly do: "partition"; readonly at: number; readonly node: number; readonly forMs: number }
  /** A copy of the storage is put back that lacks the newest commits. */
  | { readonly do: "restore"; readonly at: number; readonly commitsBack: number }
  /** The wall clock of a node jumps. */
  | { readonly do: "clock"; readonly at: number; readonly node: number; readonly aheadMs: number };

/** Small enough that a world of a minute meets them. */
function limitsOf(random: Random): Partial<Limits> {
  const connectionBufferBytesMax = random.pick([6_000, 12_000, 40_000]);
  return {
    leaseDurationMs: 6_000,
    leaseRenewIntervalMs: 2_000,
    approvalTimeoutMs: random.pick([5_000, 20_000]),
    runDurationMsMax: random.pick([30_000, 60_000]),
    toolDurationMsMax: random.pick([4_000, 15_000]),
    stopGraceMs: 1_000,
    drainTimeoutMs: 3_000,
    heartbeatIntervalMs: 5_000,
    helloTimeoutMs: 5_000,
    sessionCheckIntervalMs: 30_000,
    compactionDelayMs: random.pick([200, 2_000, 30_000]),
    connectionBufferBytesMax,
    eventsFrameBytesMax: connectionBufferBytesMax / 4,
    eventsFrameEventsMax: random.pick([2, 8, 512]),
    readEventsMax: random.pick([4, 16, 1_024]),
    commandsPerMinuteMax: random.pick([20, defaultLimits.commandsPerMinuteMax, defaultLimits.commandsPerMinuteMax]),
    toolCallsPerMinuteMax: random.pick([3, defaultLimits.toolCallsPerMinuteMax, defaultLimits.toolCallsPerMinuteMax]),
    commandsInFlightMax: random.pick([3, defaultLimits.commandsInFlightMax]),
    queuedRunsPerThreadMax: random.pick([1, 16]),
    runsPerUserMax: random.pick([1, 3, 8]),
    runsPerNodeMax: random.pick([2, 512]),
    feedStatesMax: random.pick([1, 10_000]),
    toolCallsConcurrentMax: random.pick([1, 8]),
  };
}

export function planOf(seed: number): Plan {
  const random = new Random(`plan ${seed}`);
  const shape = {
    nodes: random.pick([1, 2, 2, 3]),
    users: random.pick([1, 2, 2, 3]),
    devicesPerUser: random.pick([1, 2, 2, 3]),
    durationMs: random.pick([10_000, 30_000, 60_000]),
  };
  // The SDK under the model's loop costs as much as the rest of a world.
  const agent = random.chance(0.15) ? "model" : "program";
  const extras = extrasOf(random.stream("extras"), shape);
  const { retentionMs } = extras;
  const faults = faultsOf(random.stream("faults"), shape);
  return {
    seed,
    ...shape,
    agent,
    retentionMs,
    quality: agent === "model" ? "off" : extras.quality,
    latencies: {
      network: random.pick([
        [0, 2],
        [1, 20],
        [1, 200],
      ]),
      log: random.pick([
        [0, 0],
        [0, 2],
        [0, 30],
      ]),
      commit: random.pick([
        [0, 0],
        [0, 3],
        [1, 60],
      ]),
    },
    limits: {
      ...limitsOf(random.stream("limits")),
      ...(retentionMs !== undefined && { retentionSweepIntervalMs: 1_000 }),
    },
    actions: [...actionsOf(random.stream("actions"), shape), ...extras.actions].sort(inTime),
    // A clock that jumps makes everything old, and an older copy has what is gone: then nobody could say what is too much.
    faults:
      retentionMs === undefined ? faults : faults.filter((fault) => fault.do !== "clock" && fault.do !== "restore"),
  };
}

type Shape = Pick<Plan, "nodes" | "users" | "devicesPerUser" | "durationMs">;

function actionsOf(random: Random, shape: Shape): Action[] {
  const actions: Action[] = [];
  const add = (kind: ActionKind, at = random.between(0, shape.durationMs)) => {
    const user = random.integer(0, shape.users - 1);
    const device = random.integer(0, shape.devicesPerUser - 1);
    actions.push({ at: Math.floor(at), user, device, ...kind });
  };
  const sends = random.integer(1, random.pick([3, 3, 6, 6, 16, 40]));
  for (let index = 0; index < sends; index += 1) {
    const thread = random.chance(0.4) ? undefined : random.integer(0, 2);
    const onBusy = random.pick([undefined, "queue", "interrupt", "reject"] as const);
    // Most of what happens should happen while something runs.
    add({ do: "send", script: scriptOf(random), thread, onBusy }, random.between(0, shape.durationMs * 0.6));
  }
  for (const [probability, most, kind] of [
    [0.5, 3, () => ({ do: "stop", run: random.integer(0, 2) })],
    [0.3, 2, () => ({ do: "create_thread" })],
    [0.3, 2, () => ({ do: "rename_thread", thread: random.integer(0, 2) })],
    [0.25, 2, () => ({ do: "delete_thread", thread: random.integer(0, 2) })],
    [0.7, 4, () => ({ do: "answer", decision: random.pick(["approve", "approve", "deny"] as const) })],
    [0.4, 3, () => ({ do: "repeat", command: random.integer(0, 3), changed: random.chance(0.4) })],
    [0.3, 2, () => ({ do: "send_twice", script: scriptOf(random) })],
    [0.3, 3, () => trespassOf(random)],
    [0.15, 2, () => ({ do: "nonsense", kind: random.pick(["unknown_type", "invalid_data", "bad_frame"] as const) })],
    [0.4, 4, () => reconnectOf(random)],
  ] as const satisfies readonly (readonly [number, number, () => ActionKind])[]) {
    if (!random.chance(probability)) continue;
    const count = random.integer(1, most);
    for (let index = 0; index < count; index += 1) add(kind());
  }
  return actions;
}

function inTime(left: Action, right: Action): number {
  return left.at - right.at;
}

/** What some worlds have besides; the others keep what they are good at finding. */
function extrasOf(random: Random, shape: Shape): Pick<Plan, "quality" | "retentionMs" | "actions"> {
  if (!random.chance(0.4)) return { quality: "off", retentionMs: undefined, actions: [] };
  return {
    quality: random.pick(["off", "annotate", "block"] as const),
    retentionMs: random.chance(0.4) ? random.pick([2_000, 6_000]) : undefined,
    actions: Array.from({ length: random.integer(0, 3) }, () => ({
      at: Math.floor(random.between(0, shape.durationMs)),
      user: random.integer(0, shape.users - 1),
      device: random.integer(0, shape.devicesPerUser - 1),
      do: "resend",
      commands: random.integer(2, 6),
      from: random.pick(["cursor", "older"] as const),
    })),
  };
}

function trespassOf(random: Random): ActionKind {
  const want = random.pick(["send", "stop", "rename", "delete", "answer"] as const);
  return { do: "trespass", want, index: random.integer(0, 2) };
}

function reconnectOf(random: Random): ActionKind {
  const from = random.pick(["cursor", "cursor", "older", "older", "beginning", "head", "ahead", "foreign"] as const);
  return { do: "reconnect", from, keepOld: random.chance(0.3) };
}

function scriptOf(random: Random): Script {
  const steps: ScriptStep[] = [];
  const count = random.integer(0, 4);
  for (let index = 0; index < count; index += 1) {
    const kind = random.pick(["think", "say", "say", "call", "call", "call", "wait"] as const);
    if (kind === "think") steps.push({ do: "think" });
    else if (kind === "wait") steps.push({ do: "wait", forMs: random.pick([10, 1_000, 8_000]) });
    else if (kind === "say") {
      const ending = random.chance(0.8) ? "finish" : random.pick(["cut", "fail", "hang"] as const);
      steps.push({ do: "say", pieces: random.pick([1, 3, 12]), everyMs: random.pick([0, 20, 300]), ending });
    } else {
      steps.push({ do: "call", calls: Array.from({ length: random.pick([1, 1, 2, 3]) }, () => callOf(random)) });
    }
  }
  return steps;
}

function callOf(random: Random): ScriptCall {
  return {
    tool: random.pick(["charge", "charge", "notify", "notify", "ask", "missing"] as const),
    beforeMs: random.pick([0, 5, 500]),
    afterMs: random.pick([0, 5, 500, 5_000]),
    ending: random.chance(0.6) ? "return" : random.pick(["throw", "hang", "die"] as const),
    heedsAbort: random.chance(0.7),
    output: random.pick([0, 10, 1_500]),
  };
}

/** Each seed switches some kinds of faults on, at rates of its own: all of them at once would hide what few can do. */
function faultsOf(random: Random, shape: Shape): Fault[] {
  const { nodes, users, devicesPerUser, durationMs } = shape;
  const faults: Fault[] = [];
  const at = () => Math.floor(random.between(0, durationMs));
  const node = () => random.integer(0, nodes - 1);
  const device = () => ({ user: random.integer(0, users - 1), device: random.integer(0, devicesPerUser - 1) });
  const downMs = () => random.pick([0, 300, 4_000, 15_000]);
  const crossing = () => Math.floor(random.unit() ** 2 * 600);
  const some = (probability: number, most: number, make: () => Fault) => {
    if (!random.chance(probability)) return;
    const count = random.integer(1, most);
    for (let index = 0; index < count; index += 1) faults.push(make());
  };
  some(0.3, 3, () => ({ do: "crash", at: at(), node: node(), downMs: downMs() }));
  some(0.5, 4, () => ({
    do: "crash_at",
    node: node(),
    crossing: crossing(),
    when: random.pick(["before", "after"] as const),
    downMs: downMs(),
  }));
  some(0.3, 3, () => ({
    do: "pause_at",
    node: node(),
    crossing: crossing(),
    forMs: random.pick([5_000, 9_000, 20_000]),
  }));
  some(0.15, 2, () => ({ do: "drain", at: at(), node: node(), downMs: downMs() }));
  some(0.4, 3, () => ({ do: "pause", at: at(), node: node(), forMs: random.pick([500, 5_000, 9_000, 20_000]) }));
  some(0.25, 3, () => ({ do: "partition", at: at(), node: node(), forMs: random.pick([500, 5_000, 15_000]) }));
  some(0.4, 5, () => ({
    do: "cut",
    at: at(),
    ...device(),
    clientLearnsMs: random.pick([0, 50, undefined]),
    serverLearnsMs: random.pick([0, 50, undefined]),
  }));
  some(0.35, 3, () => ({ do: "stall", at: at(), ...device(), forMs: random.pick([200, 3_000, 12_000]) }));
  some(0.4, 4, () => ({
    do: "commit",
    number: Math.floor(random.unit() ** 2 * 150),
    fate: random.pick(["stored", "lost", "lost", "unheard", "unheard", "torn_stored", "torn_lost"] as const),
    extraMs: random.pick([0, 0, 500, 7_000]),
  }));
  some(0.15, 2, () => ({ do: "unreadable", at: at(), forMs: random.pick([100, 3_000]) }));
  some(0.05, 1, () => ({ do: "restore", at: at(), commitsBack: random.integer(1, 40) }));
  some(0.2, 2, () => ({ do: "clock", at: at(), node: node(), aheadMs: random.pick([1_000, 60_000, 3_600_000]) }));
  return faults;
}
