/** A history, sorted by whom it is about: what every connection said and heard, and what each feed holds in the end. */
import type { ModelBegan, Observation, Opened, Retained, ToolBegan, ToolEnded } from "../observation.ts";
import {
  type Command,
  lastSequenceOf,
  readCommand,
  readKind,
  readServerFrame,
  type ServerFrame,
  sequenceOf,
  type WireEvent,
} from "./wire.ts";

/** Where something was observed. */
export interface Place {
  readonly index: number;
  readonly at: number;
}

export type At<Observed> = Observed & Place;

export interface SentFrame extends Place {
  readonly text: string;
  readonly kind: unknown;
  readonly command: Command | undefined;
}

export interface ReceivedFrame extends Place {
  readonly text: string;
  /** Undefined: no frame of the protocol. */
  readonly frame: ServerFrame | undefined;
}

export interface ConnectionStory {
  readonly opened: At<Opened>;
  readonly name: string;
  readonly user: string;
  readonly sent: SentFrame[];
  readonly received: ReceivedFrame[];
  readonly peaks: (Place & { readonly bytes: number })[];
  readonly stalls: Span[];
  /** When it ended, or its node died: what was on its way may still arrive. */
  closed: Place | undefined;
}

/** From an instant through another, in virtual time. */
export interface Span {
  readonly from: number;
  readonly through: number;
}

/** An event that somebody was shown. */
export interface SeenEvent extends Place {
  readonly event: WireEvent;
  readonly connection: ConnectionStory;
  /** How often history had been lost when it was shown. */
  readonly era: number;
}

/** What is known of a user's feed as it is in the end. */
export class FeedStory {
  /** Without those that stand for removed ones. */
  readonly events = new Map<number, SeenEvent>();
  readonly ordered: readonly SeenEvent[];
  /** Shown to somebody, and not there in the end. */
  readonly unfounded: SeenEvent[] = [];
  /** Threads that were deleted. */
  readonly deleted = new Set<string>();
  /** 0 when no auditor has read it. */
  readonly head: number;
  /** An auditor has read it from its oldest event. */
  readonly audited: boolean;
  /** The last sequence that retention has removed; 0 for none. */
  readonly gone: number;

  constructor(audit: readonly SeenEvent[], seen: readonly SeenEvent[], lastEra: number, gone = 0) {
    this.gone = gone;
    this.audited = audit.length > 0 || gone > 0;
    let head = gone;
    const removed = new Set(Array.from({ length: gone }, (_, index) => index + 1));
    for (const { event } of audit) {
      const last = lastSequenceOf(event);
      head = Math.max(head, last);
      if (event.type !== "compacted") continue;
      for (let { sequence } = event; sequence <= last; sequence += 1) removed.add(sequence);
    }
    for (const each of [...audit, ...seen]) {
      const { type, sequence, threadId } = each.event;
      if (each.era !== lastEra || type === "compacted" || this.events.has(sequence)) continue;
      // What an auditor does not find was removed, or was never stored.
      if (this.audited && each.connection.opened.role !== "auditor" && !removed.has(sequence)) {
        this.unfounded.push(each);
        continue;
      }
      this.events.set(sequence, each);
      if (type === "thread_deleted") this.deleted.add(threadId);
    }
    this.head = head;
    this.ordered = [...this.events.values()].sort((left, right) => left.event.sequence - right.event.sequence);
  }

  /** Retention has removed what nobody was shown: then any thread may have been deleted. */
  get forgets(): boolean {
    return !this.isKnown(1, this.gone);
  }

  mayBeDeleted(threadId: string): boolean {
    return this.deleted.has(threadId) || this.forgets;
  }

  /** Every event between these two was shown to somebody before compaction removed it. */
  isKnown(from: number, through: number): boolean {
    for (let sequence = from; sequence <= through; sequence += 1) if (!this.events.has(sequence)) return false;
    return true;
  }
}

export interface UserStory {
  readonly user: string;
  readonly connections: ConnectionStory[];
  /** Everything that anybody was shown of the feed, in the order of showing. */
  readonly seen: SeenEvent[];
  /** How often some of the history was lost. */
  losses: At<{ readonly user: string | null }>[];
  feed: FeedStory;
}

export interface Evidence {
  readonly observations: readonly Observation[];
  readonly connections: ReadonlyMap<string, ConnectionStory>;
  readonly users: ReadonlyMap<string, UserStory>;
  readonly toolsBegan: readonly At<ToolBegan>[];
  readonly toolsEnded: readonly At<ToolEnded>[];
  readonly modelsBegan: readonly At<ModelBegan>[];
  /** When a node did nothing: it was down or paused. */
  readonly absences: ReadonlyMap<string, readonly Span[]>;
  /** When a node, or all of them (`null`), was far from the log, or the storage slow. */
  readonly hindrances: readonly (Span & { readonly node: string | null })[];
  readonly storageCrashes: readonly Place[];
  readonly gate: "off" | "annotate" | "block";
  readonly retained: Retained | undefined;
  readonly settled: Place | undefined;
}

/** How often the user's history had been lost before this observation. */
export function eraAt({ losses }: UserStory, index: number): number {
  return losses.filter((loss) => loss.index < index).length;
}

/** The same of everything that a connection was told: no process outlives a loss, but what it has sent may. */
export function eraOf(story: UserStory, { opened }: ConnectionStory): number {
  return eraAt(story, opened.index);
}

/** As a welcome told them; all nodes have the same. */
export function limitsOf({ connections }: UserStory): Readonly<Record<string, number>> | undefined {
  for (const { received } of connections) {
    for (const { frame } of received) if (frame?.limits !== undefined) return frame.limits;
  }
  return undefined;
}

export function gatherEvidence(observations: readonly Observation[]): Evidence {
  const connections = new Map<string, ConnectionStory>();
  const users = new Map<string, UserStory>();
  const toolsBegan: At<ToolBegan>[] = [];
  const toolsEnded: At<ToolEnded>[] = [];
  const modelsBegan: At<ModelBegan>[] = [];
  const storageCrashes: Place[] = [];
  const losses: At<{ readonly user: string | null }>[] = [];
  const absences = new Absences();
  const hindrances: (Span & { readonly node: string | null })[] = [];
  let gate: Evidence["gate"] = "off";
  let retained: Retained | undefined;
  let settled: Place | undefined;
  const userOf = (user: string): UserStory => {
    let story = users.get(user);
    if (story === undefined) {
      story = { user, connections: [], seen: [], losses: [], feed: new FeedStory([], [], 0) };
      users.set(user, story);
    }
    return story;
  };
  for (const [index, observation] of observations.entries()) {
    const { at } = observation;
    const place = { index, at };
    switch (observation.kind) {
      case "opened": {
        const { connection: name, user } = observation;
        const opened = { ...observation, ...place };
        const story = { opened, name, user, sent: [], received: [], peaks: [], stalls: [], closed: undefined };
        connections.set(name, story);
        userOf(user).connections.push(story);
        break;
      }
      case "sent": {
        const { text } = observation;
        connections
          .get(observation.connection)
          ?.sent.push({ ...place, text, kind: readKind(text), command: readCommand(text) });
        break;
      }
      case "received": {
        const { text } = observation;
        connections.get(observation.connection)?.received.push({ ...place, text, frame: readServerFrame(text) });
        break;
      }
      case "closed": {
        const connection = connections.get(observation.connection);
        if (connection !== undefined) connection.closed ??= place;
        break;
      }
      case "buffered":
        connections.get(observation.connection)?.peaks.push({ ...place, bytes: observation.bytes });
        break;
      case "stalled":
        connections.get(observation.connection)?.stalls.push({ from: at, through: at + observation.forMs });
        break;
      case "tool_began":
        toolsBegan.push({ ...observation, ...place });
        break;
      case "tool_ended":
        toolsEnded.push({ ...observation, ...place });
        break;
      case "model_began":
        modelsBegan.push({ ...observation, ...place });
        break;
      case "node_crashed":
        for (const connection of connections.values()) {
          if (connection.opened.node === observation.node) connection.closed ??= place;
        }
        absences.begin(observation.node, at);
        break;
      case "node_paused":
        absences.begin(observation.node, at);
        break;
      case "node_started":
      case "node_resumed":
        absences.end(observation.node, at);
        break;
      case "hindered":
        hindrances.push({ node: observation.node, from: at, through: at + observation.forMs });
        break;
      case "gated":
        gate = observation.gate;
        break;
      case "retained":
        retained = observation;
        break;
      case "storage_crashed":
        storageCrashes.push(place);
        break;
      case "history_lost":
        losses.push({ user: observation.user, ...place });
        break;
      case "settled":
        settled = place;
        break;
      case "tool_effect":
        break;
    }
  }
  for (const story of users.values()) {
    story.losses = losses.filter(({ user }) => user === null || user === story.user);
    gatherFeed(story);
  }
  return {
    observations,
    connections,
    users,
    toolsBegan,
    toolsEnded,
    modelsBegan,
    absences: absences.spans,
    hindrances,
    storageCrashes,
    gate,
    retained,
    settled,
  };
}

function gatherFeed(story: UserStory): void {
  const audit: SeenEvent[] = [];
  let gone = 0;
  for (const connection of story.connections) {
    const { role, after } = connection.opened;
    if (role === "auditor") gone = sequenceOf(after ?? "");
    for (const { frame, index, at } of connection.received) {
      if (frame?.kind !== "events") continue;
      for (const event of frame.events ?? []) {
        const seen = { event, index, at, connection, era: eraOf(story, connection) };
        story.seen.push(seen);
        if (connection.opened.role === "auditor") audit.push(seen);
      }
    }
  }
  story.seen.sort((left, right) => left.index - right.index);
  story.feed = new FeedStory(audit, story.seen, story.losses.length, gone);
}

class Absences {
  readonly spans = new Map<string, Span[]>();
  readonly #open = new Map<string, number>();

  begin(node: string, at: number): void {
    if (this.#open.has(node)) return;
    this.#open.set(node, at);
    const span = { from: at, through: Number.POSITIVE_INFINITY };
    this.spans.set(node, [...(this.spans.get(node) ?? []), span]);
  }

  end(node: string, at: number): void {
    const from = this.#open.get(node);
    if (from === undefined) return;
    this.#open.delete(node);
    this.spans.get(node)?.splice(-1, 1, { from, through: at });
  }
}
