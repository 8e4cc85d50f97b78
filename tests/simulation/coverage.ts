/**
 * What happened in a history, and how often: a simulation in which nothing of this happens proves nothing. Names are
 * `event run_resumed`, `outcome unknown`, `reset epoch`, and so on.
 */
import type { Received, Sent, ToolBegan } from "./observation.ts";
import type { History } from "./world.ts";

interface Frame {
  readonly kind: string;
  readonly ok?: boolean;
  readonly duplicate?: boolean;
  readonly data?: { readonly state?: string };
  readonly error?: { readonly code: string };
  readonly reason?: string;
  readonly events?: readonly FrameEvent[];
}

interface FrameEvent {
  readonly type: string;
  readonly data: { readonly outcome?: string; readonly error?: { readonly code: string } };
}

export function coverageOf(history: History): Map<string, number> {
  const counts = new Map(history.counts);
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  /** Nodes on which each run did something. */
  const nodes = new Map<string, Set<string>>();
  const calls = new Map<string, ToolBegan>();
  const commands = new CommandOrder(count);
  const worksOn = (runId: string, node: string) => {
    const known = nodes.get(runId) ?? new Set();
    if (known.size === 1 && !known.has(node)) count("run on a second node");
    nodes.set(runId, known.add(node));
  };
  for (const observation of history.observations) {
    count(observation.kind);
    if (observation.kind === "received") countFrame(observation, count);
    else if (observation.kind === "sent") commands.arrive(observation);
    else if (observation.kind === "closed") count(`closed by ${observation.by} ${observation.code ?? ""}`.trim());
    else if (observation.kind === "model_began") worksOn(observation.runId, observation.node);
    else if (observation.kind === "tool_ended") count(`tool ${observation.how}`);
    else if (observation.kind === "tool_began") {
      worksOn(observation.runId, observation.node);
      if (calls.has(observation.callId)) count("call repeated");
      calls.set(observation.callId, observation);
    }
  }
  return counts;
}

function countFrame({ text }: Received, count: (what: string) => void): void {
  const frame = JSON.parse(text) as Frame;
  if (frame.kind === "reset") count(`reset ${frame.reason}`);
  else if (frame.kind === "reply") {
    if (frame.ok === true) count(frame.duplicate === true ? "reply duplicate" : "reply accepted");
    else count(`reply ${frame.error?.code}`);
    if (frame.data?.state !== undefined) count(`run.stop ${frame.data.state}`);
  } else if (frame.kind === "events") {
    for (const { type, data } of frame.events ?? []) {
      count(`event ${type}`);
      if (data.outcome !== undefined) count(`${type} ${data.outcome}`);
      if (data.error !== undefined) count(`${type} ${data.error.code}`);
    }
  } else count(`frame ${frame.kind}`);
}

/** Tells which commands come again on another connection than before, and which of them behind one that was newer. */
class CommandOrder {
  readonly #count: (what: string) => void;
  /** Where each command came first, and how many came before it; ids are unique in a world. */
  readonly #firsts = new Map<string, { readonly connection: string; readonly place: number }>();
  readonly #newest = new Map<string, number>();

  constructor(count: (what: string) => void) {
    this.#count = count;
  }

  arrive({ connection, text }: Sent): void {
    const { kind, id } = JSON.parse(text) as { readonly kind: string; readonly id?: unknown };
    if (kind !== "command" || typeof id !== "string") return;
    const first = this.#firsts.get(id) ?? { connection, place: this.#firsts.size };
    this.#firsts.set(id, first);
    if (first.connection === connection) return;
    this.#count("command again on another connection");
    const newest = this.#newest.get(connection) ?? -1;
    if (first.place < newest) this.#count("command out of order");
    this.#newest.set(connection, Math.max(newest, first.place));
  }
}
