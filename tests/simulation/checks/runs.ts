/** Invariants 4 and 5: each message one legal run that ends once, one at a time in a thread, and one worker at a time. */
import { type Evidence, limitsOf, type SeenEvent, type Span, type UserStory } from "./evidence.ts";
import { type Finding, finding } from "./violation.ts";

type RunPhase = "absent" | "queued" | "withdrawn" | "running" | "stopping" | "ended";
type CallPhase = "absent" | "asked" | "approved" | "denied" | "executing" | "refused" | "completed";

/** PROTOCOL.md, "Run states": what each event makes of the states that it is legal in. */
const runStates: Readonly<Record<string, Partial<Record<RunPhase, RunPhase>>>> = {
  message_accepted: { absent: "queued" },
  agent_started: { queued: "running", withdrawn: "stopping" },
  agent_thinking: { running: "running" },
  agent_delta: { running: "running", stopping: "stopping" },
  tool_executing: { running: "running" },
  tool_completed: { running: "running", stopping: "stopping" },
  approval_requested: { running: "running" },
  approval_answered: { running: "running" },
  run_stop_requested: { queued: "withdrawn", running: "stopping" },
  run_resumed: { running: "running", stopping: "stopping" },
  quality_verdict: { running: "running", stopping: "stopping" },
  agent_completed: { running: "ended", stopping: "ended" },
};

/** "Call states". An answer and a completion are told apart by what they say. */
const callStates: Readonly<Record<string, Partial<Record<CallPhase, CallPhase>>>> = {
  approval_requested: { absent: "asked" },
  "approval_answered approve": { asked: "approved" },
  "approval_answered deny": { asked: "denied" },
  tool_executing: { absent: "executing", approved: "executing", denied: "refused" },
  "tool_completed denied": { executing: "completed", refused: "completed" },
  tool_completed: { executing: "completed" },
};

export interface RunStory {
  readonly runId: string;
  readonly threadId: string;
  readonly events: SeenEvent[];
}

export function* checkRuns(evidence: Evidence): Generator<Finding> {
  for (const story of evidence.users.values()) {
    const runs = runsOf(story);
    for (const run of runs.values()) {
      if (!isWhole(story, run)) continue;
      yield* checkLegality(run);
      yield* checkAttempts(evidence, story, run);
      yield* checkHealthy(evidence, story, run);
      if (
        evidence.settled !== undefined &&
        story.feed.audited &&
        !run.events.some(({ event }) => event.type === "agent_completed")
      ) {
        yield finding(
          4,
          "every-run-ends",
          `${run.runId} has not ended`,
          run.events.at(-1)?.index,
          evidence.settled.index,
        );
      }
    }
    yield* checkThreads(story, [...runs.values()]);
  }
}

export function runsOf({ feed }: UserStory): Map<string, RunStory> {
  const runs = new Map<string, RunStory>();
  for (const seen of feed.ordered) {
    const { runId, threadId } = seen.event;
    if (runId === undefined) continue;
    const run = runs.get(runId) ?? { runId, threadId, events: [] };
    runs.set(runId, run);
    run.events.push(seen);
  }
  return runs;
}

/** Nothing of it but deltas can be missing: those of a deleted thread may have gone before anybody saw them. */
export function isWhole({ feed }: UserStory, { threadId, events }: RunStory): boolean {
  if (!feed.audited) return false;
  if (!feed.mayBeDeleted(threadId)) return true;
  const first = events[0]?.event;
  return feed.isKnown(1, feed.head) || (first?.type === "message_accepted" && feed.isKnown(first.sequence, feed.head));
}

function* checkLegality({ runId, threadId, events }: RunStory): Generator<Finding> {
  let phase: RunPhase = "absent";
  let messageId: string | undefined;
  const calls = new Map<string, CallPhase>();
  for (const { event, index } of events) {
    const { type, data, sequence } = event;
    const illegal = (what: string) => finding(4, "legal-run", `${type} at ${sequence} of ${runId}: ${what}`, index);
    if (event.threadId !== threadId) yield illegal(`it is of ${event.threadId}, the run of ${threadId}`);
    const next: RunPhase | undefined = runStates[type]?.[phase];
    if (next === undefined) {
      const rule = phase === "ended" ? "nothing-after-the-end" : "legal-run";
      yield finding(4, rule, `${type} at ${sequence} of ${runId}: the run is ${phase}`, index);
      return;
    }
    if (type === "message_accepted") messageId = data.messageId;
    if (type === "agent_started" && data.messageId !== messageId) yield illegal("it answers another message");
    if (type === "agent_completed") {
      const open = [...calls].find(([, call]) => call === "executing" || call === "refused");
      if (open !== undefined) yield illegal(`${open[0]} is ${open[1]}`);
    }
    const { callId } = data;
    if (callId !== undefined) {
      const before = calls.get(callId) ?? "absent";
      const after = callStates[callEvent(type, data)]?.[before];
      if (after === undefined) yield illegal(`${callId} is ${before}`);
      else calls.set(callId, after);
    }
    phase = next;
  }
}

function callEvent(type: string, data: SeenEvent["event"]["data"]): string {
  if (type === "approval_answered") return `${type} ${data.decision}`;
  return type === "tool_completed" && data.outcome === "denied" ? `${type} denied` : type;
}

/** Runs of a thread execute one at a time, in the order of their messages. */
function* checkThreads({ feed }: UserStory, runs: readonly RunStory[]): Generator<Finding> {
  const threads = new Map<string, RunStory[]>();
  for (const run of runs) {
    if (feed.mayBeDeleted(run.threadId)) continue;
    threads.set(run.threadId, [...(threads.get(run.threadId) ?? []), run]);
  }
  for (const inThread of threads.values()) {
    const place = ({ events }: RunStory, type: string) =>
      events.find(({ event }) => event.type === type)?.event.sequence;
    inThread.sort((left, right) => (place(left, "message_accepted") ?? 0) - (place(right, "message_accepted") ?? 0));
    for (const [index, run] of inThread.entries()) {
      const began = place(run, "agent_started");
      const before = inThread[index - 1];
      if (began === undefined || before === undefined) continue;
      const ended = place(before, "agent_completed");
      if (ended !== undefined && ended < began) continue;
      const shown = run.events.find(({ event }) => event.type === "agent_started")?.index;
      yield finding(4, "one-run-at-a-time", `${run.runId} began before ${before.runId} had ended`, shown);
    }
  }
}

const fromPeople: ReadonlySet<string> = new Set(["message_accepted", "approval_answered", "run_stop_requested"]);

/** Idle time is not death: a run is taken over when something has happened to a node, or to the log. */
function* checkHealthy(evidence: Evidence, story: UserStory, { runId, events }: RunStory): Generator<Finding> {
  const { leaseDurationMs } = limitsOf(story) ?? {};
  if (leaseDurationMs === undefined || story.losses.length > 0) return;
  const { absences, hindrances, storageCrashes } = evidence;
  const troubles: readonly Span[] = [
    ...[...absences.values()].flat(),
    ...hindrances,
    ...storageCrashes.map(({ at }) => ({ from: at, through: at })),
  ];
  for (const [place, { event, index }] of events.entries()) {
    // The last sign of life: what people ask of a run says nothing of its worker.
    const before = events.slice(0, place).findLast((earlier) => !fromPeople.has(earlier.event.type))?.event;
    if (event.type !== "run_resumed" || before === undefined) continue;
    const [from, through] = [Date.parse(before.at) - 2 * leaseDurationMs, Date.parse(event.at)];
    if (troubles.some((trouble) => trouble.from <= through && trouble.through >= from)) continue;
    yield finding(
      5,
      "idle-is-not-death",
      `${runId} was taken over at ${event.sequence}, and nothing had happened`,
      index,
    );
  }
}

/** Take-overs are counted, void what they must, and repeat no step that was recorded. */
function* checkAttempts(
  { modelsBegan }: Evidence,
  { losses }: UserStory,
  { runId, events }: RunStory,
): Generator<Finding> {
  let attempt = 1;
  const resumptions: number[] = [];
  /** Where each step was followed by another: then it was recorded. */
  const followed = new Map<number, number>();
  const begun = new Set<number>();
  for (const { event, index } of events) {
    const { type, sequence, data } = event;
    if (type === "run_resumed") {
      if ((data.attempt ?? 0) <= attempt)
        yield finding(5, "attempts-count", `attempt ${data.attempt} of ${runId} came after ${attempt}`, index);
      attempt = data.attempt ?? attempt;
      resumptions.push(sequence);
    } else if (type === "agent_thinking") {
      const step = data.step ?? 0;
      for (const earlier of begun) if (earlier < step && !followed.has(earlier)) followed.set(earlier, sequence);
      begun.add(step);
    }
  }
  // Of a history that was lost nobody knows how often it was lived through.
  if (losses.length > 0) return;
  const counts = new Map<number, number>();
  for (const model of modelsBegan) {
    if (model.runId !== runId) continue;
    const count = (counts.get(model.step) ?? 0) + 1;
    counts.set(model.step, count);
    const until = followed.get(model.step) ?? Number.POSITIVE_INFINITY;
    const attempts = 1 + resumptions.filter((sequence) => sequence < until).length;
    if (count > attempts) {
      yield finding(
        5,
        "recorded-is-not-repeated",
        `step ${model.step} of ${runId} was called ${count} times in ${attempts} attempts`,
        model.index,
      );
    }
  }
}
