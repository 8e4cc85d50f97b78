/** A client as PROTOCOL.md describes it, as small as one can be: it keeps its place, and its commands until answered. */

import type { ClientEnd, Link } from "./link.ts";
import type { ReconnectFrom } from "./plan.ts";
import type { Random } from "./random.ts";
import type { Scheduled, VirtualTime } from "./virtual-time.ts";

export interface DeviceOptions {
  readonly name: string;
  readonly time: VirtualTime;
  readonly random: Random;
  /** Begins to connect to some node. */
  connect(after: string | null, client: ClientEnd): Link;
}

interface Pending {
  readonly text: string;
  retry: Scheduled | undefined;
}

interface Known {
  readonly threads: string[];
  readonly runs: string[];
  readonly ended: Set<string>;
  readonly approvals: Map<string, { readonly callId: string; readonly digest: string }>;
}

interface WireFrame {
  readonly kind: string;
  readonly id: string;
  readonly ok: boolean;
  readonly error?: { readonly retryable: boolean; readonly retryAfterMs?: number };
  readonly head: string;
  readonly cursor: string;
  readonly heartbeatIntervalMs: number;
  readonly reconnectAfterMs: number;
  readonly events: readonly WireEvent[];
}

interface WireEvent {
  readonly type: string;
  readonly threadId: string;
  readonly runId?: string;
  readonly data: { readonly callId?: string; readonly digest?: string };
}

/** Before the welcome has said another one. */
const patienceMs = 5_000;

export class SimulatedDevice {
  readonly name: string;
  readonly #options: DeviceOptions;
  readonly #pending = new Map<string, Pending>();
  /** Every command that was ever sent, oldest first. */
  readonly #sent: { readonly id: string; readonly type: string; readonly data: object }[] = [];
  readonly #cursors: string[] = [];
  readonly #known: Known = { threads: [], runs: [], ended: new Set(), approvals: new Map() };
  /** Go out again with the next welcome. */
  #again: readonly string[] = [];
  #decision: "approve" | "deny" | undefined;
  #link: Link | undefined;
  #welcomed = false;
  #cursor: string | null = null;
  #commands = 0;
  #failures = 0;
  #reconnect: Scheduled | undefined;
  #watch: Scheduled | undefined;
  #heardAt = 0;
  #pinged = false;
  #heartbeatMs = patienceMs;
  #waitMs = 0;
  #leaving = false;

  constructor(options: DeviceOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get known(): Readonly<Known> {
    return this.#known;
  }
  get link(): Link | undefined {
    return this.#link;
  }
  get cursor(): string | null {
    return this.#cursor;
  }
  /** It is welcome, and nothing that it sent waits for an answer. */
  get calm(): boolean {
    return this.#welcomed && this.#pending.size === 0;
  }

  start(): void {
    this.#connect(this.#cursor);
  }

  /** For good. */
  leave(): void {
    this.#leaving = true;
    this.#reconnect?.cancel();
    this.#watch?.cancel();
    this.#link?.leave();
  }

  /** Connects anew from some place. With `keepOld`, the old connection lives on for a while, heard by nobody. */
  reconnect(from: ReconnectFrom, keepOld: boolean): void {
    const { time, random } = this.#options;
    const old = this.#link;
    this.#link = undefined;
    if (keepOld && old !== undefined) time.schedule(random.between(0, 10_000), () => old.leave());
    else old?.leave();
    this.#connect(this.#place(from));
  }

  /** `id` and `data` as they go over the wire; undefined when this device sends no such command. */
  send(type: string, data: object, id = this.mint()): void {
    this.#sent.push({ id, type, data });
    const text = commandText(id, type, data);
    this.#pending.get(id)?.retry?.cancel();
    this.#pending.set(id, { text, retry: undefined });
    if (this.#welcomed) this.#link?.send(text);
  }

  /** A command id that nobody else of this user mints. */
  mint(): string {
    this.#commands += 1;
    return `${this.name}-${this.#commands}`;
  }

  /** Sends an earlier command again, counted from the newest; with other content when `changed`. */
  repeat(index: number, changed: boolean): void {
    const command = this.#sent.at(-1 - (index % Math.max(1, this.#sent.length)));
    if (command === undefined) return;
    const { id, type, data } = command;
    const text = commandText(id, type, data);
    if (!changed) {
      if (this.#welcomed) this.#link?.send(text);
      return;
    }
    // Told to the network only: the command itself still waits for the answer to what it really says.
    const other = type === "message.send" ? { ...data, text: "something else" } : { title: "something else" };
    const changedType = type === "message.send" ? type : "thread.create";
    if (this.#welcomed) this.#link?.send(commandText(id, changedType, other));
  }

  /** Connects anew and sends its newest commands again, answered or not, some of them twice, in any order. */
  resend(count: number, from: ReconnectFrom): void {
    this.#again = this.#sent.slice(-count).map(({ id, type, data }) => commandText(id, type, data));
    this.reconnect(from, false);
  }

  raw(text: string): void {
    if (this.#welcomed) this.#link?.send(text);
  }

  /** From now on it answers what waits for approval. */
  answer(decision: "approve" | "deny"): void {
    this.#decision = decision;
    for (const callId of [...this.#known.approvals.keys()]) this.#approve(callId);
  }

  #connect(after: string | null): void {
    if (this.#leaving) return;
    this.#reconnect?.cancel();
    this.#watch?.cancel();
    this.#welcomed = false;
    const { time, connect } = this.#options;
    this.#cursor = after;
    this.#heardAt = time.now;
    this.#pinged = false;
    const isCurrent = () => this.#link === link;
    const link: Link = connect(after, {
      opened: () => {
        if (isCurrent()) link.send(JSON.stringify({ kind: "hello", protocol: 1, after }));
      },
      receive: (text) => {
        if (isCurrent()) this.#receive(JSON.parse(text) as WireFrame);
      },
      ended: () => {
        if (isCurrent()) this.#ended();
      },
    });
    this.#link = link;
    this.#watchLink();
  }

  #receive(frame: WireFrame): void {
    this.#heardAt = this.#options.time.now;
    this.#pinged = false;
    switch (frame.kind) {
      case "welcome":
        this.#welcomed = true;
        this.#failures = 0;
        this.#waitMs = 0;
        this.#heartbeatMs = frame.heartbeatIntervalMs;
        this.#cursor ??= frame.head;
        for (const text of this.#outbox()) this.#link?.send(text);
        break;
      case "reset":
        this.#moveTo(frame.head);
        break;
      case "events":
        for (const event of frame.events) this.#learn(event);
        this.#moveTo(frame.cursor);
        break;
      case "reply":
        this.#settle(frame);
        break;
      case "draining":
        this.#waitMs = frame.reconnectAfterMs;
        break;
    }
  }

  #outbox(): string[] {
    const texts = [...this.#pending.values()].map(({ text }) => text);
    const again = this.#again;
    if (again.length === 0) return texts;
    this.#again = [];
    const { random } = this.#options;
    return shuffled([...texts, ...again, ...again.filter(() => random.chance(0.3))], random);
  }

  #moveTo(cursor: string): void {
    this.#cursor = cursor;
    this.#cursors.push(cursor);
  }

  #settle(frame: WireFrame): void {
    const pending = this.#pending.get(frame.id);
    if (pending === undefined) return;
    if (frame.ok || !frame.error?.retryable) {
      pending.retry?.cancel();
      this.#pending.delete(frame.id);
      return;
    }
    const { time, random } = this.#options;
    const waitMs = Math.max(frame.error.retryAfterMs ?? 0, random.between(100, 2_000));
    pending.retry?.cancel();
    pending.retry = time.schedule(waitMs, () => {
      if (this.#welcomed && this.#pending.get(frame.id) === pending) this.#link?.send(pending.text);
    });
  }

  #learn({ type, threadId, runId, data }: WireEvent): void {
    const { threads, runs, ended, approvals } = this.#known;
    if (type === "thread_created" && !threads.includes(threadId)) threads.push(threadId);
    if (type === "message_accepted" && runId !== undefined && !runs.includes(runId)) runs.push(runId);
    if (type === "agent_completed" && runId !== undefined) ended.add(runId);
    const { callId, digest } = data;
    if (type === "approval_requested" && callId !== undefined && digest !== undefined) {
      approvals.set(callId, { callId, digest });
      if (this.#decision !== undefined) this.#approve(callId);
    }
    if (type === "approval_answered" && callId !== undefined) approvals.delete(callId);
  }

  #approve(callId: string): void {
    const approval = this.#known.approvals.get(callId);
    const decision = this.#decision;
    if (approval === undefined || decision === undefined) return;
    const { time, random } = this.#options;
    time.schedule(random.between(0, 300), () => this.send("approval.answer", { ...approval, decision }));
  }

  #place(from: ReconnectFrom): string | null {
    const { random } = this.#options;
    const place = this.#cursor ?? undefined;
    switch (from) {
      case "cursor":
        return this.#cursor;
      case "older":
        return this.#cursors.length === 0 ? this.#cursor : random.pick(this.#cursors);
      case "head":
        return null;
      case "beginning":
        return place === undefined ? null : atSequence(place, 0);
      case "ahead":
        return place === undefined ? null : atSequence(place, 1_000_000);
      case "foreign":
        return "another0-3";
    }
  }

  #ended(): void {
    this.#link = undefined;
    this.#welcomed = false;
    this.#watch?.cancel();
    if (this.#leaving) return;
    this.#failures += 1;
    const { time, random } = this.#options;
    const waitMs = this.#waitMs + random.between(0, Math.min(2_000, 50 * 2 ** this.#failures));
    this.#reconnect?.cancel();
    this.#reconnect = time.schedule(waitMs, () => this.#connect(this.#cursor));
  }

  /** Silence is answered by a ping, and more silence by a new connection. */
  #watchLink(): void {
    const { time } = this.#options;
    const link = this.#link;
    // A little late, lest a rounded sum comes too early.
    this.#watch = time.schedule(this.#heardAt + this.#heartbeatMs - time.now + 1, () => {
      if (this.#link !== link || link === undefined) return;
      if (time.now - this.#heardAt >= this.#heartbeatMs) {
        if (this.#pinged || !this.#welcomed) {
          link.leave();
          this.#ended();
          return;
        }
        this.#pinged = true;
        this.#heardAt = time.now;
        link.send('{"kind":"ping"}');
      }
      this.#watchLink();
    });
  }
}

/** The same feed's cursor at another sequence, as nobody but a test may make one. */
export function atSequence(cursor: string, sequence: number): string {
  return cursor.replace(/-\d+$/, `-${sequence}`);
}

/** The sequence of a cursor. */
export function sequenceOf(cursor: string | null): number {
  return Number(/-(\d+)$/.exec(cursor ?? "")?.[1] ?? Number.NaN);
}

function commandText(id: string, type: string, data: object): string {
  return JSON.stringify({ kind: "command", id, type, data });
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random.integer(0, rest.length - 1), 1));
}
