/** Invariant 10: after `run.stop` is acknowledged nothing new begins, and the run ends within a bound. */

import type { ModelBegan, ToolBegan } from "../observation.ts";
import { type At, type Evidence, eraAt, eraOf, limitsOf, type Place, type Span, type UserStory } from "./evidence.ts";
import { runsOf } from "./runs.ts";
import { type Finding, finding } from "./violation.ts";

/**
 * What was stored before the stop may still begin while the answer of the log is on its way to the node: on one that is up
 * and near its log, for so long.
 */
const onItsWayMs = 250;
/** What a failure of the disk and the next attempt may add to the grace. */
const retryMs = 3_000;

/** With fewer places than this for runs, one may have to wait. */
const crowdedRunsMax = 8;

export function* checkStops(evidence: Evidence): Generator<Finding> {
  for (const story of evidence.users.values()) {
    yield* checkBeginnings(evidence, story);
    yield* checkBound(evidence, story);
  }
}

function* checkBeginnings(evidence: Evidence, story: UserStory): Generator<Finding> {
  const acknowledged = acknowledgedStops(story);
  const begun: readonly At<ToolBegan | ModelBegan>[] = [...evidence.toolsBegan, ...evidence.modelsBegan];
  for (const { kind, user, runId, node, index, at } of begun) {
    const stop = acknowledged.get(runId);
    if (user !== story.user || stop === undefined || stop.index > index) continue;
    if (eraAt(story, index) !== story.losses.length || at <= stop.at + onItsWayMs) continue;
    const window = { from: stop.at - onItsWayMs, through: at };
    const held = [...(evidence.absences.get(node) ?? []), ...evidence.hindrances.filter((each) => each.node === node)];
    if (held.some((span) => touches(span, window, onItsWayMs))) continue;
    const what = kind === "tool_began" ? "a tool call" : "a model step";
    yield finding(
      10,
      "nothing-begins-after-stop",
      `${what} of ${runId} began ${at - stop.at} ms after its stop was acknowledged`,
      stop.index,
      index,
    );
  }
}

/** When somebody first heard that the run is stopping. */
function acknowledgedStops(story: UserStory): Map<string, Place> {
  const stops = new Map<string, Place>();
  for (const connection of story.connections) {
    if (eraOf(story, connection) !== story.losses.length) continue;
    for (const { frame, index, at } of connection.received) {
      const { runId, state } = frame?.data ?? {};
      if (frame?.kind !== "reply" || frame.ok !== true || state === undefined || runId === undefined) continue;
      const known = stops.get(runId);
      if (known === undefined || index < known.index) stops.set(runId, { index, at });
    }
  }
  return stops;
}

/** The log's own clock tells when an event was taken; it is the world's. */
function* checkBound(evidence: Evidence, story: UserStory): Generator<Finding> {
  const { stopGraceMs, leaseDurationMs, runsPerNodeMax = 0, runsPerUserMax = 0 } = limitsOf(story) ?? {};
  if (stopGraceMs === undefined || leaseDurationMs === undefined) return;
  const troubles = [
    ...[...evidence.absences.values()].flat(),
    ...evidence.hindrances,
    ...evidence.storageCrashes.map(({ at }) => ({ from: at, through: at })),
  ];
  for (const { runId, events } of runsOf(story).values()) {
    const stop = events.find(({ event }) => event.type === "run_stop_requested");
    const end = events.find(({ event }) => event.type === "agent_completed");
    const begin = events.find(({ event }) => event.type === "agent_started");
    if (stop === undefined || end === undefined || begin === undefined) continue;
    // One that waits for others ends when it is its turn.
    const from = Math.max(Date.parse(stop.event.at), Date.parse(begin.event.at));
    const through = Date.parse(end.event.at);
    const mostMs = 2 * stopGraceMs + retryMs;
    if (through - from <= mostMs) continue;
    const window = { from: from - leaseDurationMs, through };
    if (troubles.some((span) => touches(span, window, leaseDurationMs))) continue;
    // One that was given back, or lost its node, waits for a place, which others may hold for as long as they last.
    const isCrowded = Math.min(runsPerNodeMax, runsPerUserMax) < crowdedRunsMax;
    const sinceBegin = { from: Date.parse(begin.event.at), through };
    if (isCrowded && troubles.some((span) => touches(span, sinceBegin, leaseDurationMs))) continue;
    yield finding(10, "stopped-runs-end", `${runId} ended ${through - from} ms after its stop`, stop.index, end.index);
  }
}

function touches(span: Span, window: Span, slackMs: number): boolean {
  return span.from <= window.through && span.through + slackMs >= window.from;
}
