/** Invariants 6 and 12: a call is stored before it is made, made once or with one key, and reported as it was. */

import type { ToolBegan, ToolEnded } from "../observation.ts";
import { type At, type Evidence, eraAt, type SeenEvent, type UserStory } from "./evidence.ts";
import { type Finding, finding } from "./violation.ts";
import { canonical } from "./wire.ts";

/** Everything that happened to one call. */
interface CallStory {
  readonly callId: string;
  readonly began: At<ToolBegan>[];
  readonly ended: At<ToolEnded>[];
  executing: SeenEvent | undefined;
  completed: SeenEvent | undefined;
  asked: SeenEvent | undefined;
  answered: SeenEvent | undefined;
}

export function* checkTools(evidence: Evidence): Generator<Finding> {
  const keys = new Map<string, string>();
  for (const story of evidence.users.values()) {
    for (const call of callsOf(evidence, story).values()) {
      yield* checkEntries(story, call, keys);
      if (story.feed.audited) yield* checkIntent(story, call);
      yield* checkOutcome(story, call);
      yield* checkSpeaker(story, call);
    }
  }
}

function callsOf({ toolsBegan, toolsEnded }: Evidence, { user, feed }: UserStory): Map<string, CallStory> {
  const calls = new Map<string, CallStory>();
  const of = (callId: string): CallStory => {
    const known = calls.get(callId);
    if (known !== undefined) return known;
    const nothing = { executing: undefined, completed: undefined, asked: undefined, answered: undefined };
    const call: CallStory = { callId, began: [], ended: [], ...nothing };
    calls.set(callId, call);
    return call;
  };
  for (const seen of feed.ordered) {
    const { type, data } = seen.event;
    if (data.callId === undefined) continue;
    const call = of(data.callId);
    if (type === "tool_executing") call.executing = seen;
    else if (type === "tool_completed") call.completed ??= seen;
    else if (type === "approval_requested") call.asked = seen;
    else if (type === "approval_answered") call.answered = seen;
  }
  for (const began of toolsBegan) if (began.user === user) of(began.callId).began.push(began);
  for (const ended of toolsEnded) calls.get(ended.callId)?.ended.push(ended);
  return calls;
}

function* checkEntries(story: UserStory, { callId, began }: CallStory, keys: Map<string, string>): Generator<Finding> {
  const [first] = began;
  if (first === undefined) return;
  for (const again of began.slice(1)) {
    if (again.key !== first.key) {
      yield finding(
        6,
        "one-key-per-call",
        `${callId} was made with ${first.key}, and again with ${again.key}`,
        first.index,
        again.index,
      );
    }
    if (again.recovery === "at_most_once" && eraAt(story, first.index) === eraAt(story, again.index)) {
      yield finding(6, "at-most-once", `${again.tool} ${callId} was entered again`, first.index, again.index);
    }
  }
  const resumed = story.feed.ordered.filter(({ event }) => event.type === "run_resumed" && event.runId === first.runId);
  const extra = began[resumed.length + 1];
  if (extra !== undefined && story.losses.length === 0 && story.feed.audited && !isRemoved(story, first.runId)) {
    yield finding(
      6,
      "once-per-attempt",
      `${callId} was entered ${began.length} times in ${resumed.length + 1} attempts`,
      extra.index,
    );
  }
  const owner = keys.get(first.key) ?? callId;
  keys.set(first.key, owner);
  if (owner !== callId)
    yield finding(6, "one-key-per-call", `${callId} was made with the key of ${owner}`, first.index);
}

/** What was entered stands in the feed from before, as it was made, and with the consent that it needed. */
function* checkIntent(story: UserStory, { callId, began, executing, asked, answered }: CallStory): Generator<Finding> {
  for (const { runId, tool, input, index, at } of began) {
    if (eraAt(story, index) !== story.losses.length) continue;
    if (executing === undefined) {
      if (!isRemoved(story, runId))
        yield finding(6, "intent-is-durable", `${tool} ${callId} was entered, and the feed does not have it`, index);
      continue;
    }
    const { event } = executing;
    if (Date.parse(event.at) > at) {
      yield finding(
        6,
        "intent-comes-first",
        `${tool} ${callId} was entered before it was stored at ${event.at}`,
        index,
        executing.index,
      );
    }
    if (event.runId !== runId || event.data.tool !== tool || canonical(event.data.input) !== canonical(input)) {
      yield finding(
        6,
        "intent-is-what-is-done",
        `${tool} ${callId} was entered otherwise than stored at ${event.sequence}`,
        index,
      );
    }
    if (asked !== undefined && answered?.event.data.decision !== "approve") {
      yield finding(6, "only-with-consent", `${tool} ${callId} was entered, and nobody had approved it`, index);
    }
  }
}

/** Of what compaction has removed with its thread, only the part is known that somebody was shown before. */
function isRemoved({ feed }: UserStory, runId: string): boolean {
  const known = feed.ordered.find(({ event }) => event.runId === runId)?.event;
  if (known === undefined) return feed.deleted.size > 0 || feed.forgets;
  if (!feed.mayBeDeleted(known.threadId)) return false;
  return known.type !== "message_accepted" || !feed.isKnown(known.sequence, feed.head);
}

/** How a call is said to have ended is how it ended, as far as anybody can know. */
function* checkOutcome(story: UserStory, { callId, began, ended, completed }: CallStory): Generator<Finding> {
  if (completed === undefined) return;
  const { data, sequence } = completed.event;
  const { outcome, error, output } = data;
  const before = ended.filter(({ index }) => index < completed.index);
  const about = `${data.tool} ${callId} at ${sequence}`;
  // What was lost may have been decided otherwise since.
  const entry = began.find(({ index }) => eraAt(story, index) === story.losses.length);
  if (outcome === "completed" && !before.some(({ how }) => how === "returned")) {
    yield finding(12, "completed-means-returned", `${about} is completed, and nothing returned`, completed.index);
  }
  if (outcome === "denied" && entry !== undefined) {
    yield finding(6, "denied-is-not-made", `${about} is denied, and was entered`, entry.index, completed.index);
  }
  // Nobody can know what became of a call that may not be repeated and was never left.
  const isKnown = before.length > 0 || entry === undefined || entry.recovery !== "at_most_once";
  if (!isKnown && (outcome === "failed" || outcome === "cancelled")) {
    yield finding(6, "unknown-is-said", `${about} is ${outcome}, and nobody can know`, entry.index, completed.index);
  }
  const isComplete = outcome === "completed";
  if (isComplete !== (error === undefined) || (!isComplete && output !== undefined)) {
    yield finding(12, "outcomes", `${about} is ${outcome}, with ${error?.code ?? "no error"}`, completed.index);
  }
}

/** Once a run was taken over, the older attempt is not heard any more: what it had begun ends by what the newer one did. */
function* checkSpeaker({ feed }: UserStory, { callId, began, executing, completed }: CallStory): Generator<Finding> {
  if (executing === undefined || completed === undefined) return;
  const { runId, data, sequence } = completed.event;
  if (data.outcome !== "completed" && data.outcome !== "failed") return;
  const resumed = feed.ordered.findLast(
    ({ event }) => event.type === "run_resumed" && event.runId === runId && event.sequence < sequence,
  );
  if (resumed === undefined || resumed.event.sequence < executing.event.sequence) return;
  const since = Date.parse(resumed.event.at);
  if (began.some(({ at }) => at >= since)) return;
  const message = `${data.tool} ${callId} is ${data.outcome} at ${sequence}, and nobody had entered it since the take-over`;
  yield finding(5, "old-attempts-are-silent", message, resumed.index, completed.index);
}
