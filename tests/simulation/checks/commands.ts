/**
 * Invariants 1 and 2: a reply is true, a repeated command has its effect once, a refused one has none, and every command
 * gets the one reply that its type asks for.
 */
import type { ConnectionStory, Evidence, Place, SeenEvent, UserStory } from "./evidence.ts";
import { eraOf } from "./evidence.ts";
import { type Finding, finding } from "./violation.ts";
import { type Command, type CommandData, canonical, type ReplyData, type ServerFrame } from "./wire.ts";

/** The data of each command: required texts, optional texts, words to choose from. */
const forms: Readonly<Record<string, Readonly<Record<string, "text" | "text?" | readonly string[]>>>> = {
  "message.send": { threadId: "text?", text: "text", onBusy: ["", "queue", "interrupt", "reject"] },
  "run.stop": { runId: "text" },
  "approval.answer": { callId: "text", digest: "text", decision: ["approve", "deny"] },
  "thread.create": { title: "text?" },
  "thread.rename": { threadId: "text", title: "text" },
  "thread.delete": { threadId: "text" },
};

/** Refusals after which nobody knows whether the command took effect. */
const uncertain = new Set(["internal", "not_ready"]);
/** Refusals that come before anybody looks at the type. */
const beforeType = new Set(["overloaded", "rate_limited", "draining", "not_ready", "internal", "forbidden"]);

interface Arrival extends Place {
  readonly connection: ConnectionStory;
  readonly command: Command;
}

interface Reply extends Place {
  readonly connection: ConnectionStory;
  readonly frame: ServerFrame;
  readonly era: number;
}

/** Everything that was said under one command id of one user. */
interface Conversation {
  readonly id: string;
  readonly arrivals: Arrival[];
  readonly replies: Reply[];
}

export function* checkCommands(evidence: Evidence): Generator<Finding> {
  for (const story of evidence.users.values()) {
    const conversations = conversationsOf(story);
    for (const conversation of conversations.values()) {
      yield* checkReplies(evidence, conversation);
      yield* checkRepetition(conversation);
      for (const reply of conversation.replies) {
        if (reply.frame.ok === true && reply.era === story.losses.length)
          yield* checkPromise(story, conversation, reply);
      }
    }
    yield* checkOrigins(story, [...conversations.values()], evidence);
  }
}

function conversationsOf(story: UserStory): Map<string, Conversation> {
  const conversations = new Map<string, Conversation>();
  const of = (id: string): Conversation => {
    const known = conversations.get(id);
    if (known !== undefined) return known;
    const conversation = { id, arrivals: [], replies: [] };
    conversations.set(id, conversation);
    return conversation;
  };
  for (const connection of story.connections) {
    for (const { command, index, at } of connection.sent) {
      if (command !== undefined) of(command.id).arrivals.push({ connection, command, index, at });
    }
    for (const { frame, index, at } of connection.received) {
      if (frame?.kind !== "reply" || frame.id === undefined) continue;
      of(frame.id).replies.push({ connection, frame, index, at, era: eraOf(story, connection) });
    }
  }
  return conversations;
}

/** Each command exactly one reply, and of the kind that its type and data ask for. */
function* checkReplies({ settled }: Evidence, { id, arrivals, replies }: Conversation): Generator<Finding> {
  const connections = new Set([...arrivals, ...replies].map(({ connection }) => connection));
  for (const connection of connections) {
    const asked = arrivals.filter((arrival) => arrival.connection === connection);
    const answered = replies.filter((reply) => reply.connection === connection);
    for (const [index, reply] of answered.entries()) {
      const before = asked.filter((arrival) => arrival.index < reply.index);
      if (before.length <= index) {
        yield finding(
          2,
          "answered-once",
          `${connection.name} got reply ${index + 1} to ${before.length} commands ${id}`,
          reply.index,
        );
      }
      yield* checkKind(reply, before);
    }
    const last = asked[asked.length - 1];
    const isOpen =
      settled !== undefined && (connection.closed === undefined || connection.closed.index > settled.index);
    if (isOpen && last !== undefined && last.index < settled.index && answered.length < asked.length) {
      yield finding(
        2,
        "answered-at-all",
        `${connection.name} never got the reply to ${last.command.type} ${id}`,
        last.index,
        settled.index,
      );
    }
  }
}

function* checkKind({ frame, index }: Reply, asked: readonly Arrival[]): Generator<Finding> {
  const [first] = asked;
  if (first === undefined) return;
  const known = asked.filter(({ command }) => Object.hasOwn(forms, command.type));
  const wellFormed = known.filter(({ command }) => isWellFormed(command));
  const { type, id } = first.command;
  if (frame.ok === true) {
    if (known.length === 0) yield finding(2, "unknown-type", `${type} ${id} is no command and was acknowledged`, index);
    else if (wellFormed.length === 0)
      yield finding(2, "nonsense", `${type} ${id} has malformed data and was acknowledged`, index);
    return;
  }
  const code = frame.error?.code ?? "";
  if (known.length === 0 && code !== "unknown_type" && !beforeType.has(code)) {
    yield finding(2, "unknown-type", `${type} ${id} is no command and was refused as ${code}`, index);
  }
  if (code !== "unknown_type") return;
  if (known.length === asked.length) yield finding(2, "unknown-type", `${type} ${id} was refused as unknown`, index);
  if (!Array.isArray(frame.error?.details?.nearest)) {
    yield finding(2, "unknown-type", `the refusal of ${type} ${id} names no nearest types`, index);
  }
}

function isWellFormed({ type, data }: Command): boolean {
  const form = forms[type];
  if (form === undefined) return false;
  for (const [name, value] of Object.entries(data)) {
    if (!Object.hasOwn(form, name) || typeof value !== "string") return false;
  }
  for (const [name, kind] of Object.entries(form)) {
    const value = data[name as keyof CommandData];
    if (kind === "text?") continue;
    if (kind === "text" ? value === undefined : !kind.includes((value as string | undefined) ?? "")) return false;
  }
  return type !== "message.send" || (data.text as string).trim() !== "";
}

/** The same id: the same reply, and only one that is not a repetition. */
function* checkRepetition({ id, arrivals, replies }: Conversation): Generator<Finding> {
  const firsts = new Map<number, Reply>();
  const originals = new Map<number, Reply>();
  for (const reply of replies) {
    const { frame, era, index } = reply;
    const before = arrivals.filter((arrival) => arrival.index < index);
    if (frame.error?.code === "idempotency_conflict" && contentsOf(before).size < 2) {
      yield finding(1, "conflict-of-nothing", `command ${id} never had other content, and was refused for it`, index);
    }
    if (frame.ok !== true) continue;
    const first = firsts.get(era);
    if (first === undefined) firsts.set(era, reply);
    else if (canonical(first.frame.data) !== canonical(frame.data)) {
      yield finding(1, "same-reply", `command ${id} got two different replies`, first.index, index);
    }
    if (frame.duplicate === true) {
      if (before.length < 2)
        yield finding(1, "duplicate-of-nothing", `command ${id} came once, and was called a duplicate`, index);
      continue;
    }
    const original = originals.get(era);
    if (original === undefined) originals.set(era, reply);
    else yield finding(1, "executed-once", `command ${id} was executed twice`, original.index, index);
  }
}

function contentsOf(arrivals: readonly Arrival[]): Set<string> {
  return new Set(arrivals.map(({ command: { type, data } }) => canonical([type, data])));
}

/** What was acknowledged is in the feed, with the ids and the sequence of the reply. */
function* checkPromise(
  story: UserStory,
  conversation: Conversation,
  { frame, connection, index }: Reply,
): Generator<Finding> {
  const { feed } = story;
  const commands = conversation.arrivals
    .filter((arrival) => arrival.connection === connection && arrival.index < index)
    .map(({ command }) => command)
    .filter(isWellFormed);
  if (commands.length === 0 || !feed.audited) return;
  const data = frame.data as ReplyData;
  const reasons = commands.map((command) => brokenPromise(story, command, data));
  if (reasons.includes(undefined)) return;
  yield finding(1, "acknowledged-is-durable", `${conversation.id} was acknowledged: ${reasons[0]}`, index);
}

/** Undefined: the reply is true of this command. */
function brokenPromise({ feed }: UserStory, { id, type, data }: Command, reply: ReplyData): string | undefined {
  const exists = (eventType: string, holds: (event: SeenEvent["event"]) => boolean): boolean =>
    feed.ordered.some(({ event }) => event.type === eventType && holds(event));
  const { threadId = "", runId = "", callId = "" } = reply;
  switch (type) {
    case "message.send": {
      const event = feed.events.get(reply.sequence ?? 0)?.event;
      if (event === undefined) {
        return feed.mayBeDeleted(threadId) && (reply.sequence ?? 0) <= feed.head
          ? undefined
          : `nothing is at ${reply.sequence}`;
      }
      const { type: stored, data: message } = event;
      const isIt =
        stored === "message_accepted" &&
        message.commandId === id &&
        message.text === data.text &&
        message.messageId === reply.messageId &&
        event.threadId === threadId &&
        event.runId === runId &&
        (data.threadId === undefined || data.threadId === threadId);
      return isIt ? undefined : `at ${reply.sequence} is ${JSON.stringify(event)}`;
    }
    case "run.stop": {
      if (runId !== data.runId) return `it is about ${runId}`;
      const wanted = reply.state === "ended" ? "agent_completed" : "run_stop_requested";
      const isThere = exists(wanted, (event) => event.runId === runId);
      return isThere || isHidden(feed, (event) => event.runId === runId)
        ? undefined
        : `there is no ${wanted} of ${runId}`;
    }
    case "approval.answer": {
      if (callId !== data.callId) return `it is about ${callId}`;
      const isThere = exists(
        "approval_answered",
        (event) => event.data.callId === callId && event.data.decision === reply.decision,
      );
      return isThere || isHidden(feed, (event) => event.data.callId === callId)
        ? undefined
        : `${callId} has no such answer`;
    }
    case "thread.create":
    case "thread.rename": {
      const wanted = type === "thread.create" ? "thread_created" : "thread_renamed";
      if (type === "thread.rename" && threadId !== data.threadId) return `it is about ${threadId}`;
      const title = typeof data.title === "string" ? data.title.trim() : undefined;
      const isThere = exists(wanted, (event) => event.threadId === threadId && event.data.title === title);
      return isThere || feed.mayBeDeleted(threadId) ? undefined : `there is no ${wanted} of ${threadId}`;
    }
    default:
      if (threadId !== data.threadId) return `it is about ${threadId}`;
      return feed.mayBeDeleted(threadId) ? undefined : `${threadId} was not deleted`;
  }
}

/** It may have belonged to a thread that is gone. */
function isHidden(feed: UserStory["feed"], isIts: (event: SeenEvent["event"]) => boolean): boolean {
  if (feed.deleted.size === 0 && !feed.forgets) return false;
  return feed.ordered.every(({ event }) => !isIts(event) || feed.mayBeDeleted(event.threadId));
}

/** Everything that commands can cause was caused by one that could have had an effect, and once. */
function* checkOrigins(
  { feed }: UserStory,
  conversations: readonly Conversation[],
  { retained }: Evidence,
): Generator<Finding> {
  const commands = conversations.flatMap((conversation) =>
    mayHaveEffect(conversation) ? effective(conversation) : [],
  );
  const of = (type: string) => commands.filter((command) => command.type === type);
  const ids = (some: readonly Command[]) => new Set(some.map(({ id }) => id)).size;
  const messages = new Map<string, SeenEvent>();
  const loose = { created: 0, renamed: new Map<string, number>() };
  for (const seen of feed.ordered) {
    const { type, threadId, runId, sequence, data } = seen.event;
    const about = `at ${sequence}`;
    if (type === "message_accepted") {
      const { commandId = "", text } = data;
      const first = messages.get(commandId);
      if (first !== undefined)
        yield finding(1, "effect-once", `command ${commandId} had its effect ${about} again`, first.index, seen.index);
      messages.set(commandId, seen);
      const isAsked = of("message.send").some((command) => command.id === commandId && command.data.text === text);
      if (!isAsked) yield finding(1, "effect-of-nothing", `nobody could send the message ${about}`, seen.index);
    } else if (type === "thread_created") {
      const next = feed.events.get(sequence + 1)?.event;
      const withMessage =
        (next?.type === "message_accepted" || next?.type === "run_stop_requested") && data.title === undefined;
      if (withMessage && next.threadId === threadId) continue;
      loose.created += 1;
      // A message may have been removed with its thread.
      if (feed.mayBeDeleted(threadId) && next === undefined) continue;
      if (loose.created > ids(of("thread.create")))
        yield finding(1, "effect-once", `a thread more than was asked for is ${about}`, seen.index);
    } else if (type === "thread_renamed") {
      const count = (loose.renamed.get(threadId) ?? 0) + 1;
      loose.renamed.set(threadId, count);
      const asked = of("thread.rename").filter((command) => command.data.threadId === threadId);
      if (count > ids(asked))
        yield finding(1, "effect-once", `${threadId} was renamed ${about} more often than asked`, seen.index);
    } else if (type === "thread_deleted") {
      const isAsked = of("thread.delete").some((command) => command.data.threadId === threadId);
      // Whether it was old enough is judged with the other removals.
      if (!isAsked && retained === undefined)
        yield finding(1, "effect-of-nothing", `nobody could delete ${threadId} ${about}`, seen.index);
    } else if (type === "run_stop_requested") {
      const isAsked = commands.some(
        (command) =>
          (command.type === "run.stop" && command.data.runId === runId) ||
          (command.type === "thread.delete" && command.data.threadId === threadId) ||
          (command.type === "message.send" &&
            command.data.onBusy === "interrupt" &&
            command.data.threadId === threadId),
      );
      if (!isAsked) yield finding(1, "effect-of-nothing", `nobody could stop ${runId} ${about}`, seen.index);
    } else if (type === "approval_answered" && data.decision === "approve") {
      const isAsked = of("approval.answer").some(
        (command) => command.data.callId === data.callId && command.data.decision === "approve",
      );
      if (!isAsked) yield finding(1, "effect-of-nothing", `nobody could approve ${data.callId} ${about}`, seen.index);
    }
  }
}

/** False: every arrival was refused for certain. */
function mayHaveEffect({ arrivals, replies }: Conversation): boolean {
  const refused = replies.filter(({ frame }) => frame.ok === false && !uncertain.has(frame.error?.code ?? ""));
  return refused.length < arrivals.length;
}

function effective({ arrivals }: Conversation): Command[] {
  return arrivals.map(({ command }) => command).filter(isWellFormed);
}
