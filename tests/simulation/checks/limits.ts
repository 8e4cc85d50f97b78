/** Invariant 9: what is held, sent at once, or done at once stays within the limits that the welcome names. */
import { type ConnectionStory, type Evidence, limitsOf, type UserStory } from "./evidence.ts";
import { runsOf } from "./runs.ts";
import { type Finding, finding } from "./violation.ts";

/** A welcome, and what the network's own bookkeeping is late by. */
const otherFramesBytes = 4_096;
/** Of one reply. */
const replyBytes = 1_024;

export function* checkLimits({ users }: Evidence): Generator<Finding> {
  for (const story of users.values()) {
    const limits = limitsOf(story);
    if (limits === undefined) continue;
    for (const connection of story.connections) {
      yield* checkFrames(connection, limits);
      yield* checkHeld(connection, limits);
    }
    yield* checkRunLimits(story, limits);
  }
}

function* checkFrames(
  { name, received }: ConnectionStory,
  limits: Readonly<Record<string, number>>,
): Generator<Finding> {
  const { eventsFrameEventsMax = Number.POSITIVE_INFINITY, eventsFrameBytesMax = Number.POSITIVE_INFINITY } = limits;
  for (const { frame, text, index } of received) {
    if (frame?.kind !== "events") continue;
    const count = frame.events?.length ?? 0;
    if (count === 0) yield finding(8, "frames", `${name} got a frame without events`, index);
    if (count > eventsFrameEventsMax) yield finding(9, "frame-events", `${name} got ${count} events in a frame`, index);
    const bytes = Buffer.byteLength(text);
    if (count > 1 && bytes > eventsFrameBytesMax)
      yield finding(9, "frame-bytes", `${name} got ${count} events in ${bytes} bytes`, index);
  }
}

/** Of events no more than the limit, or one event that is larger; replies beside them. */
function* checkHeld(
  { name, received, sent, peaks }: ConnectionStory,
  limits: Readonly<Record<string, number>>,
): Generator<Finding> {
  const { connectionBufferBytesMax = Number.POSITIVE_INFINITY } = limits;
  const largest = received.reduce(
    (most, { frame, text }) => (frame?.kind === "events" ? Math.max(most, text.length) : most),
    0,
  );
  const replies = Math.min(connectionBufferBytesMax, otherFramesBytes + replyBytes * sent.length);
  const most = Math.max(connectionBufferBytesMax, largest) + replies;
  for (const { bytes, index } of peaks) {
    if (bytes <= most) continue;
    yield finding(
      9,
      "bounded-buffer",
      `${bytes} bytes were held for ${name}, the limit is ${connectionBufferBytesMax}`,
      index,
    );
    return;
  }
}

function* checkRunLimits(story: UserStory, limits: Readonly<Record<string, number>>): Generator<Finding> {
  const { stepsPerRunMax = Number.POSITIVE_INFINITY, toolCallsPerRunMax = Number.POSITIVE_INFINITY } = limits;
  const { runAttemptsMax = Number.POSITIVE_INFINITY, answerCharactersMax = Number.POSITIVE_INFINITY } = limits;
  for (const { runId, events } of runsOf(story).values()) {
    let made = 0;
    for (const { event, index } of events) {
      const { type, data } = event;
      if ((data.step ?? 0) > stepsPerRunMax)
        yield finding(9, "run-limits", `${runId} came to step ${data.step}`, index);
      if ((data.attempt ?? 0) > runAttemptsMax)
        yield finding(9, "run-limits", `${runId} came to attempt ${data.attempt}`, index);
      if ((data.message?.text.length ?? 0) > answerCharactersMax)
        yield finding(9, "run-limits", `the answer of ${runId} is too long`, index);
      if (type === "tool_completed" && data.error?.code !== "too_many_calls") made += 1;
      if (made > toolCallsPerRunMax) yield finding(9, "run-limits", `${runId} made ${made} calls`, index);
    }
  }
}
