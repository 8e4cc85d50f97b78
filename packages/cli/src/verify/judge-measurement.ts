/** From what was seen to what may be said: the lines of the report. A line says `ok` only of what was tried. */
import { exactInterval, type Interval, trialsToClaim } from "./interval.ts";
import type { JourneyKind } from "./journey.ts";
import type { LatencyLine, Line, Verdict } from "./line.ts";
import type { FailureLine } from "./measure-error.ts";
import type { JourneyResult, Measurement } from "./measurement.ts";
import type { FindingKind } from "./observer.ts";
import type { Effect } from "./own-deployment.ts";

/** What the lower end of the interval has to reach. */
export const reliabilityLine = 0.995;

export interface Reliability extends Interval {
  readonly journeys: number;
  readonly failed: number;
  /** Journeys without any failure that it takes to claim the line. */
  readonly journeysToClaim: number;
}

export function reliabilityOf({ journeys }: Measurement): Reliability {
  const failed = journeys.filter(({ failure }) => failure !== undefined).length;
  const interval = exactInterval(failed, journeys.length);
  return { ...interval, journeys: journeys.length, failed, journeysToClaim: trialsToClaim(reliabilityLine) };
}

export function judge(measurement: Measurement): readonly Line[] {
  const { observer, journeys, users } = measurement;
  const { events, frames, bodies } = observer.seen;
  const looked = `${count(frames, "frame")} and ${count(bodies, "body", "bodies")}`;
  const alone = "it takes two users who are different people to the deployment";
  const leaks = found(measurement, "leakage", "Leakage", ["leak"], `nothing foreign in ${looked}`);
  const none = journeys.length === 0 ? "no journey was finished" : undefined;
  const inEvents = (id: string, title: string, kinds: readonly FindingKind[], fine: string) =>
    none !== undefined && !kinds.some((kind) => observer.count(kind) > 0)
      ? notTested(id, title, none)
      : found(measurement, id, title, kinds, `${fine} ${count(events, "event")}`);
  return [
    reliability(measurement),
    leakage(users < 2 ? alone : none, leaks),
    inEvents("legality", "Event legality", ["illegal"], "nothing illegal in"),
    inEvents("duplicates", "Duplicates", ["duplicate"], "nothing twice in"),
    inEvents("losses", "Losses", ["loss"], "nothing lost of"),
    inEvents("order", "Order", ["disorder"], "nothing out of order in"),
    fiveEvents(measurement),
    stored(measurement),
    inEvents("other-device", "Other device", ["difference"], "both devices of a user saw the same in"),
    hostileIds(measurement, alone),
    faultLine(measurement, "drops", "Dropped connections", "drop", "cut in mid-answer and resumed by cursor"),
    faultLine(measurement, "reconnects", "Reconnects", "reconnect", "left in mid-answer and resumed by cursor"),
    faultLine(measurement, "repeats", "Repeated commands", "duplicate", "sent four times with one id and taken once"),
    faultLine(measurement, "slow", "Slow reading", "slow", "not read until the answer had ended, then caught up"),
    faultLine(measurement, "stop", "Stop", "stop", "stopped in mid-answer from the other device"),
    kills(measurement),
    toolEffects(measurement),
  ];
}

/** A leak is one whoever sees it; that there is none says nothing where there could be none. */
function leakage(why: string | undefined, line: Line): Line {
  return why === undefined || line.verdict === "missed" ? line : notTested(line.id, line.title, why);
}

function reliability(measurement: Measurement): Line {
  const known = reliabilityOf(measurement);
  const { journeys, failed, lower, upper } = known;
  const base = { id: "reliability", title: "Reliability" };
  if (journeys === 0) return { ...base, verdict: "not tested", detail: "no journey was finished" };
  const rate = `${journeys - failed} of ${count(journeys, "journey")}, 95 % interval ${percent(lower)} to ${percent(upper)}`;
  if (lower >= reliabilityLine) return { ...base, verdict: "ok", detail: rate };
  if (failed > 0) return { ...base, verdict: "missed", detail: `${rate}; the line is ${percent(reliabilityLine)}` };
  return { ...base, verdict: "not claimed", detail: `${rate}; ${notClaimed(known)}` };
}

export function notClaimed({ journeys, journeysToClaim }: Reliability): string {
  const needed = `it takes ${journeysToClaim} without a failure`;
  return `${percent(reliabilityLine)} is not shown with ${count(journeys, "journey")}: ${needed}`;
}

function found(
  { observer }: Measurement,
  id: string,
  title: string,
  kinds: readonly FindingKind[],
  fine: string,
): Line {
  const total = kinds.reduce((sum, kind) => sum + observer.count(kind), 0);
  if (total === 0) return { id, title, verdict: "ok", detail: fine };
  const first = kinds.flatMap((kind) => observer.findings(kind))[0];
  return { id, title, verdict: "missed", detail: `${total}; the first: ${first?.user}, ${first?.detail}` };
}

function notTested(id: string, title: string, why: string): Line {
  return { id, title, verdict: "not tested", detail: why };
}

/** Missed when journeys failed for it; else `fine`, or not tested when there is nothing to say it of. */
function byFailures(
  { journeys }: Measurement,
  line: FailureLine,
  { id, title, seen, fine, why }: { id: string; title: string; seen: number; fine: string; why: string },
): Line {
  const failures = journeys.filter(({ failure }) => failure?.line === line);
  if (failures.length > 0) {
    return { id, title, verdict: "missed", detail: `${failures.length}; the first: ${failures[0]?.failure?.reason}` };
  }
  return seen === 0 ? notTested(id, title, why) : { id, title, verdict: "ok", detail: fine };
}

function fiveEvents(measurement: Measurement): Line {
  const seen = sum(measurement.journeys, ({ facts }) => facts.fiveEvents);
  const fine = `all five lifecycle events in ${count(seen, "view")} of a run that asked for a tool`;
  const unknown = "nobody knows what makes this agent use a tool; --prompt can say it";
  const why = measurement.asksForTool ? "no run that asked for a tool went well" : unknown;
  return byFailures(measurement, "five-events", { id: "five-events", title: "Five events", seen, fine, why });
}

function stored(measurement: Measurement): Line {
  const seen = sum(measurement.journeys, ({ facts }) => facts.snapshots);
  const fine = `${count(seen, "snapshot")} equal to what both devices saw`;
  return byFailures(measurement, "stored", {
    id: "stored",
    title: "Stored",
    seen,
    fine,
    why: "no journey came so far",
  });
}

function hostileIds(measurement: Measurement, alone: string): Line {
  const seen = sum(measurement.journeys, ({ facts }) => facts.hostileRequests);
  const fine = `${count(seen, "request")} with ids of another user or of nobody, all answered alike: not_found`;
  const why = measurement.users < 2 ? alone : "too few journeys";
  return byFailures(measurement, "hostile-ids", { id: "hostile-ids", title: "Hostile ids", seen, fine, why });
}

/** A fault of the devices: tested when it came in time, ok when every journey that had it went well. */
function faultLine(measurement: Measurement, id: string, title: string, kind: JourneyKind, fine: string): Line {
  const journeys = measurement.journeys.filter((journey) => journey.kind === kind);
  const failed = journeys.filter(({ failure }) => failure !== undefined);
  const of = (verdict: Verdict, detail: string): Line => ({ id, title, verdict, detail });
  if (failed.length > 0) {
    return of(
      "missed",
      `${failed.length} of ${count(journeys.length, "journey")}; the first: ${failed[0]?.failure?.reason}`,
    );
  }
  if (journeys.length === 0) return of("not tested", "too few journeys");
  const [inTime, tooLate] = faultCounts(journeys);
  if (kind === "duplicate") return of("ok", `${count(journeys.length, "command")} ${fine}`);
  if (inTime === 0) return of("not tested", `the answers had ended before (${tooLate})`);
  const late = tooLate === 0 ? "" : `; ${tooLate} came after the end of the answer`;
  const what = kind === "stop" ? count(inTime, "run") : count(inTime, "connection");
  return of("ok", `${what} ${fine}${late}`);
}

function faultCounts(journeys: readonly JourneyResult[]): readonly [inTime: number, tooLate: number] {
  return [sum(journeys, ({ facts }) => facts.faults.inTime), sum(journeys, ({ facts }) => facts.faults.tooLate)];
}

function kills(measurement: Measurement): Line {
  const [id, title] = ["kills", "kill -9 and restart"];
  if (!measurement.isOwn) return notTested(id, title, "only a server of its own may be killed; leave --url out");
  const journeys = measurement.journeys.filter(({ kind }) => kind === "kill");
  const failed = journeys.filter(({ failure }) => failure !== undefined);
  if (failed.length > 0) {
    const detail = `${failed.length} of ${count(journeys.length, "kill")}; the first: ${failed[0]?.failure?.reason}`;
    return { id, title, verdict: "missed", detail };
  }
  const [inTime] = faultCounts(journeys);
  if (inTime === 0) return notTested(id, title, "too few journeys");
  const detail = `${count(measurement.kills, "kill")} while ${measurement.users} users were under way; every run went on and ended`;
  return { id, title, verdict: "ok", detail };
}

function toolEffects({ effects, noteEffects, observer: { calls }, journeys, incomplete }: Measurement): Line {
  const [id, title] = ["tool-effects", "Tool effects"];
  const wrongNote = noteEffects.find((note) => note.kind === "wrong");
  if (wrongNote !== undefined) return { id, title, verdict: "missed", detail: `a note: ${wrongNote.reason}` };
  const notes = noteEffects.filter(({ kind }) => kind === "right").length;
  if (notes > 0) {
    const detail = `${count(notes, "note")}, each asked for twice, saved once, listed once, deleted and gone`;
    return { id, title, verdict: "ok", detail: `${detail}; what other tools did is not to be seen from outside` };
  }
  if (effects === undefined) {
    const outcomes = tally([...calls.values()]);
    const seen = calls.size === 0 ? "no tool was called" : `${count(calls.size, "call")} (${outcomes})`;
    return notTested(id, title, `${seen}; what the tools did is not to be seen from outside`);
  }
  if (calls.size === 0) return notTested(id, title, "no tool was called");
  const isPartial = incomplete !== undefined || journeys.some(({ failure }) => failure !== undefined);
  const wrong = wrongEffects(calls, effects, isPartial);
  if (wrong.length > 0) return { id, title, verdict: "missed", detail: `${wrong.length}; the first: ${wrong[0]}` };
  const detail = `${count(calls.size, "call")} (${tally([...calls.values()])}), ${count(effects.length, "effect")}: none twice, none missing`;
  return { id, title, verdict: "ok", detail };
}

/** `isPartial`: what broke off was not seen to its end, so calls may be missing whose effects are there. */
function wrongEffects(calls: ReadonlyMap<string, string>, effects: readonly Effect[], isPartial: boolean): string[] {
  const times = new Map<string, number>();
  for (const { callId } of effects) times.set(callId, (times.get(callId) ?? 0) + 1);
  const wrong = [...times].filter(([, count]) => count > 1).map(([callId, count]) => `${callId} had ${count} effects`);
  for (const [callId, outcome] of calls) {
    const count = times.get(callId) ?? 0;
    if (outcome === "completed" && count === 0) wrong.push(`${callId} completed without an effect`);
    if (outcome === "denied" && count > 0) wrong.push(`${callId} was denied and had an effect`);
  }
  if (isPartial) return wrong;
  for (const callId of times.keys()) if (!calls.has(callId)) wrong.push(`an effect of ${callId}, which no event names`);
  return wrong;
}

export function latencies({ journeys, isOwn }: Measurement): readonly LatencyLine[] {
  const quiet = journeys.flatMap(({ facts }) => (facts.latencies === undefined ? [] : [facts.latencies]));
  const few = "no journey was left in peace";
  const killed = journeys.flatMap(({ facts }) => facts.resumeMs);
  const why = isOwn ? "no kill came in time" : "only a server of its own may be killed";
  return [
    latency(
      "acknowledged",
      "Command acknowledged",
      quiet.map(({ acknowledged }) => acknowledged),
      few,
    ),
    latency(
      "first-event",
      "First event",
      quiet.map(({ firstEvent }) => firstEvent),
      few,
    ),
    latency(
      "other-device",
      "Seen on the other device",
      quiet.map(({ otherDevice }) => otherDevice),
      few,
    ),
    latency(
      "answer",
      "Answer complete",
      quiet.map(({ answer }) => answer),
      few,
    ),
    latency("resume", "Run goes on after kill -9", killed, why),
  ];
}

/** A percentile with nothing above it is only the slowest value: p95 takes 20 values, p99 takes 100. */
export function latency(id: string, title: string, given: readonly number[], why: string): LatencyLine {
  const values = given.toSorted((left, right) => left - right);
  const at = (share: number) => {
    const place = Math.ceil(share * values.length) - 1;
    return place < values.length - 1 || share <= 0.5 ? values[place] : undefined;
  };
  const notTested = values.length === 0 ? why : undefined;
  return { id, title, count: values.length, values, p50: at(0.5), p95: at(0.95), p99: at(0.99), notTested };
}

export function percent(share: number): string {
  // Never rounded up to more than was seen.
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;
}

function sum(journeys: readonly JourneyResult[], of: (journey: JourneyResult) => number): number {
  return journeys.reduce((total, journey) => total + of(journey), 0);
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`;
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, times]) => `${times} ${word}`).join(", ");
}
