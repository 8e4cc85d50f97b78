/** Invariants 3 and 8: one order for everybody, without gap or repeat, from any cursor; what is impossible is said. */
import {
  type ConnectionStory,
  type Evidence,
  eraAt,
  eraOf,
  type ReceivedFrame,
  type SeenEvent,
  type UserStory,
} from "./evidence.ts";
import { type Finding, finding } from "./violation.ts";
import { lastSequenceOf, sequenceOf, type WireEvent } from "./wire.ts";

/** Starts of the log that a cursor survives, when its welcome does not say. */
const epochStartsDefault = 16;

export function* checkDelivery(evidence: Evidence): Generator<Finding> {
  for (const story of evidence.users.values()) {
    yield* checkAgreement(story);
    for (const connection of story.connections) yield* checkConnection(evidence, story, connection);
  }
}

/** An event is the same whoever is shown it, and what is removed was allowed to be. */
function* checkAgreement(story: UserStory): Generator<Finding> {
  const texts = new Map<string, { readonly text: string; readonly index: number }>();
  const removed: { readonly era: number; readonly event: WireEvent; readonly index: number }[] = [];
  for (const { event, era, index } of story.seen) {
    if (event.type === "compacted") {
      removed.push({ era, event, index });
      continue;
    }
    const key = `${era} ${event.sequence}`;
    const text = JSON.stringify(event);
    const first = texts.get(key);
    if (first === undefined) texts.set(key, { text, index });
    else if (first.text !== text) {
      yield finding(
        3,
        "one-event-per-sequence",
        `two events are at ${event.sequence}: ${first.text} and ${text}`,
        first.index,
        index,
      );
    }
  }
  for (const { event, index } of story.feed.unfounded) {
    yield finding(
      3,
      "shown-is-durable",
      `${event.type} was shown at ${event.sequence}, and the feed does not have it`,
      index,
    );
  }
  yield* checkRemoval(story, removed);
}

function* checkRemoval(
  story: UserStory,
  removed: readonly { readonly era: number; readonly event: WireEvent; readonly index: number }[],
): Generator<Finding> {
  const done = new Set<string>();
  for (const { era, event: compacted, index } of removed) {
    const { sequence, data } = compacted;
    const key = `${era} ${sequence} ${data.through}`;
    if (done.has(key)) continue;
    done.add(key);
    for (const seen of story.seen) {
      const { event } = seen;
      if (seen.era !== era || event.type === "compacted") continue;
      if (event.sequence < sequence || event.sequence > (data.through ?? 0)) continue;
      if (mayBeRemoved(story, era, event)) continue;
      yield finding(
        8,
        "only-removable-removed",
        `${event.type} at ${event.sequence} was compacted away`,
        seen.index,
        index,
      );
    }
  }
}

function mayBeRemoved(story: UserStory, era: number, event: WireEvent): boolean {
  const others = story.seen.filter((seen) => seen.era >= era).map((seen) => seen.event);
  if (event.runId !== undefined) {
    const ended = others.some(({ type, runId }) => type === "agent_completed" && runId === event.runId);
    const gone =
      story.feed.forgets ||
      others.some(({ type, threadId }) => type === "thread_deleted" && threadId === event.threadId);
    // The end of a run in a deleted thread may have gone before anybody saw it.
    if (!ended && !gone) return false;
    if (event.type === "agent_delta") return true;
  }
  if (event.type === "thread_deleted") return false;
  return (
    story.feed.forgets || others.some(({ type, threadId }) => type === "thread_deleted" && threadId === event.threadId)
  );
}

function* checkConnection(evidence: Evidence, story: UserStory, connection: ConnectionStory): Generator<Finding> {
  const { opened, received, name } = connection;
  /** Sequence of the last event that it was shown; undefined before the welcome. */
  let position: number | undefined;
  for (const received_ of received) {
    const { frame, index, text } = received_;
    if (frame === undefined) {
      yield finding(8, "frames", `${name} got what is no frame: ${text.slice(0, 200)}`, index);
      continue;
    }
    if (frame.kind === "welcome") {
      if (position !== undefined) yield finding(8, "frames", `${name} was welcomed twice`, index);
      position = sequenceOf(opened.after ?? frame.head ?? "");
      continue;
    }
    if (position === undefined) {
      yield finding(8, "frames", `${name} got ${frame.kind} before its welcome`, index);
      continue;
    }
    if (frame.kind === "reset") {
      yield* checkReset(evidence, story, connection, received_, position);
      position = sequenceOf(frame.head ?? "");
    } else if (frame.kind === "events") {
      yield* checkEvents(connection, received_, position);
      position = lastSequenceOf(frame.events?.at(-1) as WireEvent);
    }
  }
  yield* checkSilentLoss(story, connection);
  yield* checkEnd(evidence, story, connection, position);
}

function* checkEvents({ name }: ConnectionStory, { frame, index }: ReceivedFrame, before: number): Generator<Finding> {
  let position = before;
  for (const event of frame?.events ?? []) {
    const { sequence, type } = event;
    if (sequence > position + 1) yield finding(8, "no-gap", `${name} at ${position} got ${type} ${sequence}`, index);
    else if (sequence <= position)
      yield finding(8, "no-repeat", `${name} at ${position} got ${type} ${sequence}`, index);
    else if (!(sequence === position + 1))
      yield finding(8, "no-gap", `${name} at ${position} got ${type} ${sequence}`, index);
    if (!(lastSequenceOf(event) >= sequence))
      yield finding(8, "frames", `${name} got ${type} ${sequence} through ${event.data.through}`, index);
    position = lastSequenceOf(event);
  }
  if (sequenceOf(frame?.cursor ?? "") !== position) {
    yield finding(8, "cursor-is-the-place", `${name} at ${position} got the cursor ${frame?.cursor}`, index);
  }
}

/** A reset says that a cursor is good no more; it must be true. */
function* checkReset(
  { storageCrashes }: Evidence,
  story: UserStory,
  { opened, received, name }: ConnectionStory,
  { frame, index }: ReceivedFrame,
  position: number,
): Generator<Finding> {
  const { after } = opened;
  const reason = frame?.reason;
  if (reason === "truncated") {
    const message = `${name} was reset as truncated at ${position}, and what comes then is there`;
    if (position >= story.feed.gone) yield finding(8, "reset-for-a-reason", message, index);
    return;
  }
  const first = received.find((each) => each.frame?.kind === "reset" || each.frame?.kind === "events");
  if (after === null || first?.index !== index) {
    yield finding(8, "reset-for-a-reason", `${name} was reset (${reason}) in the middle of its feed`, index);
    return;
  }
  const issuer = issuerOf(story, after);
  if (issuer === undefined) return;
  const from = issuer.opened.index;
  const starts = storageCrashes.filter((crash) => crash.index > from && crash.index < index).length;
  if (eraOf(story, issuer) < eraAt(story, index) || starts >= epochStartsDefault) return;
  yield finding(
    8,
    "reset-for-a-reason",
    `${name} was reset (${reason}), and its cursor ${after} was good`,
    from,
    index,
  );
}

/** The newest connection on which the server gave this cursor to this user; undefined: none. */
function issuerOf(story: UserStory, cursor: string): ConnectionStory | undefined {
  return story.connections.findLast(({ received }) =>
    received.some(({ frame }) => frame?.head === cursor || frame?.cursor === cursor),
  );
}

/** Who comes back with a cursor into a history that was lost must be told, even if the feed has grown again. */
function* checkSilentLoss(story: UserStory, connection: ConnectionStory): Generator<Finding> {
  const { opened, received, name } = connection;
  const { after } = opened;
  const welcome = received.find(({ frame }) => frame?.kind === "welcome");
  if (after === null || welcome === undefined || received.some(({ frame }) => frame?.kind === "reset")) return;
  // Only what came after proves that it was let in without a reset.
  const proof = received.find(({ frame }) => frame?.kind === "events");
  const issuer = issuerOf(story, after);
  if (issuer === undefined || proof === undefined) return;
  const [before, now] = [eraOf(story, issuer), eraOf(story, connection)];
  if (before === now || now !== story.losses.length) return;
  const position = sequenceOf(after);
  const shown = new Map<number, SeenEvent>();
  for (const seen of story.seen) {
    if (seen.era === before && seen.event.type !== "compacted" && seen.event.sequence <= position) {
      shown.set(seen.event.sequence, seen);
    }
  }
  for (const [sequence, seen] of shown) {
    const kept = story.feed.events.get(sequence);
    if (kept === undefined || JSON.stringify(kept.event) === JSON.stringify(seen.event)) continue;
    yield finding(
      8,
      "lost-is-said",
      `${name} came back to ${after}, and ${sequence} is another event now`,
      seen.index,
      welcome.index,
    );
    return;
  }
}

/** In the end everybody who is connected has everything. */
function* checkEnd(
  { settled }: Evidence,
  { feed }: UserStory,
  { opened, closed, name, sent }: ConnectionStory,
  position: number | undefined,
): Generator<Finding> {
  if (settled === undefined || !feed.audited || opened.role === "auditor") return;
  if (opened.index > settled.index || (closed !== undefined && closed.index < settled.index)) return;
  if (!sent.some(({ kind, index }) => kind === "hello" && index < settled.index)) return;
  if (position === feed.head) return;
  const place = position === undefined ? "was never welcomed" : `is at ${position}`;
  yield finding(8, "everything-in-the-end", `${name} ${place}, and the feed ends at ${feed.head}`, settled.index);
}
