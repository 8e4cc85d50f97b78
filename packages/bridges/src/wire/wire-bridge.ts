import { randomUUID } from "node:crypto";
import {
  type CommandId,
  type CommandType,
  parseCommandId,
  type QualityVerdict,
  type ReplyFrame,
  type ServerFrame,
  type ThreadId,
} from "@throughline/protocol";
import type { WireFormat, WirePeer, WireTranslation } from "@throughline/server";
import { callsMetric, type OpenBridge } from "../code/bridges.ts";
import { leavesUnknown, outcomeOf } from "../code/outcome.ts";
import { aliasVersion } from "./aliases.ts";
import { historyPayload, LegacyEvents, type LegacyReply } from "./legacy-events.ts";
import { type LegacyMessage, readLegacyMessage } from "./legacy-message.ts";
import { isLegacyType, type LegacyRequest, readRequest } from "./read-request.ts";

const authProtocol = "jwt-auth";
const tokenPrefix = "jwt.";
/** Reads of the log that one connection may wait for at a time. */
const readsInFlightMax = 8;
/** What the old system told its clients to try again with. */
const retryTemperature = 0.3;
const retryInstructionsMax = 3;

/** Clients of the old wire format, at `/ws`. What they send is counted by its type, so that one sees who is left. */
export function wireBridge(bridge: OpenBridge): WireFormat {
  return {
    path: "/ws",
    // The one that carries the token is never the answer: it would repeat the token.
    subprotocol: (offered) => (offered.includes(authProtocol) ? authProtocol : undefined),
    bearer(offered) {
      const carrier = offered.find((name) => name.startsWith(tokenPrefix));
      return carrier && Buffer.from(carrier.slice(tokenPrefix.length), "base64url").toString("utf8");
    },
    // Old clients ask for a new token after this one only, and with the old token everything else goes in circles.
    closeCode: (name) => (name === "unauthenticated" || name === "forbidden" ? 1008 : undefined),
    open: (peer) => new LegacyConnection(bridge, peer),
  };
}

/** One connection: translates both ways, and keeps what a reply has to be matched with. */
class LegacyConnection implements WireTranslation {
  readonly #bridge: OpenBridge;
  readonly #peer: WirePeer;
  readonly #events = new LegacyEvents();
  /** Commands without reply, by id; the connection behind bounds them. */
  readonly #asked = new Map<string, { readonly type: CommandType; readonly message: LegacyMessage }[]>();
  /** Who waits until there are none. */
  readonly #settling: (() => void)[] = [];
  #reads = 0;

  constructor(bridge: OpenBridge, peer: WirePeer) {
    this.#bridge = bridge;
    this.#peer = peer;
    // Old clients begin at the head and ask for what was before.
    peer.receive({ kind: "hello", protocol: 1, after: null });
  }

  received(text: string): void {
    const message = readLegacyMessage(text);
    if ("problem" in message) {
      this.#refuse({}, "bad_frame", `unable to read the message; ${message.problem}`);
      return;
    }
    const claims = [message.user_id, message.payload.user_id];
    if (claims.every((claimed) => claimed === undefined || claimed === null || claimed === this.#peer.userId)) {
      this.#carryOut(readRequest(message), message);
      return;
    }
    const reason = "unable to act for another user; user_id is not that of the credential";
    this.#refuse(message, "forbidden", reason);
  }

  translate(frame: ServerFrame): readonly string[] {
    switch (frame.kind) {
      case "welcome":
        return [
          stamped({
            type: "connection_established",
            payload: {
              connection_id: frame.connectionId,
              user_id: frame.userId,
              heartbeat_interval_ms: frame.heartbeatIntervalMs,
              alias_version: aliasVersion,
            },
            user_id: frame.userId,
          }),
        ];
      case "events":
        return frame.events.flatMap((event) => this.#events.translate(event)).map(stamped);
      case "reply":
        return this.#reply(frame).map(stamped);
      case "reset":
        return [
          stamped(
            errorOf(
              {},
              "history_lost",
              "what happened meanwhile cannot be delivered; ask for the history of the thread",
            ),
          ),
        ];
      case "draining":
        return [
          stamped({
            type: "server_shutdown",
            payload: { drain_timeout: frame.reconnectAfterMs, message: "the server is about to stop" },
          }),
        ];
      case "pong":
        return [];
    }
  }

  #carryOut(request: LegacyRequest, message: LegacyMessage): void {
    switch (request.kind) {
      case "command":
        this.#ask(request.command.type, request.command.data, message);
        break;
      case "stop":
        void this.#read(message, () => this.#stop(request.threadId, message));
        break;
      case "history":
        void this.#read(message, async () => {
          const { thread } = await this.#peer.thread(request.threadId);
          const payload = historyPayload(thread, request.limit);
          this.#send({ ...answering(message), type: request.answer, payload, thread_id: request.threadId });
          this.#count(message, "carried out");
        });
        break;
      case "pong":
      case "heartbeat_ack":
        this.#send({ ...answering(message), type: request.kind, payload: {} });
        this.#count(message, "carried out");
        break;
      case "refused":
        this.#refuse(message, request.code, request.message);
    }
  }

  /** The oldest run that has not ended, of the thread or of the newest thread that has one: the one that answers now. */
  async #stop(threadId: ThreadId | undefined, message: LegacyMessage): Promise<void> {
    // What was sent before it is stored before it: a client that sends and stops means that run.
    await this.#settled();
    const { threads } = await this.#peer.threads();
    const candidates = threads.filter((thread) => threadId === undefined || thread.threadId === threadId);
    const runId = candidates.find(({ openRunIds }) => openRunIds.length > 0)?.openRunIds[0];
    if (runId === undefined) this.#refuse(message, "not_found", "unable to stop; no run of yours goes on");
    else this.#ask("run.stop", { runId }, message);
  }

  /** Resolves when every command so far has its reply. */
  #settled(): Promise<void> {
    if (this.#asked.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#settling.push(resolve));
  }

  #ask(type: CommandType, data: object, message: LegacyMessage): void {
    const id = parseCommandId(message.message_id) ?? (randomUUID() as CommandId);
    const same = this.#asked.get(id);
    if (same === undefined) this.#asked.set(id, [{ type, message }]);
    else same.push({ type, message });
    this.#peer.receive({ kind: "command", id, type, data } as never);
  }

  /** One answer, whatever happens; many at once are refused, since each may read a whole feed. */
  async #read(message: LegacyMessage, work: () => Promise<void>): Promise<void> {
    if (this.#reads >= readsInFlightMax) {
      this.#refuse(message, "overloaded", `unable to read; ${readsInFlightMax} requests wait for their answers`);
      return;
    }
    this.#reads += 1;
    try {
      await work();
    } catch (error) {
      const { code = "internal", message: reason } = error as { code?: string; message: string };
      this.#refuse(message, code, code === "internal" ? "the server failed" : reason);
    } finally {
      this.#reads -= 1;
    }
  }

  #reply(reply: ReplyFrame): readonly LegacyReply[] {
    const same = this.#asked.get(reply.id);
    const asked = same?.shift();
    if (asked === undefined) return [];
    if (same?.length === 0) this.#asked.delete(reply.id);
    if (this.#asked.size === 0) for (const settle of this.#settling.splice(0)) settle();
    const { type, message } = asked;
    if (!reply.ok) {
      this.#count(message, outcomeOf(reply.error).kind);
      return [errorOf(message, reply.error.code, reply.error.message)];
    }
    this.#count(message, "carried out");
    const data = reply.data as unknown as Readonly<Record<string, unknown>>;
    return [{ ...answering(message), ...answerOf(type, data, message, reply.duplicate) }];
  }

  #refuse(message: Partial<LegacyMessage>, code: string, reason: string): void {
    this.#send(errorOf(message, code, reason));
    this.#count(message, leavesUnknown(code) ? "failed" : "refused");
  }

  /** Once for each message, where its answer is known: before that nobody knows what became of it. */
  #count(message: Partial<LegacyMessage>, outcome: string): void {
    const labels = { ...this.#bridge.labels, site: siteOf(message), outcome };
    this.#peer.count(callsMetric.name, callsMetric.description, labels);
  }

  #send(reply: LegacyReply): void {
    this.#peer.send(stamped(reply));
  }
}

/** What a command that was accepted is answered with. Nothing is said to be done that is only stored. */
function answerOf(
  type: CommandType,
  data: Readonly<Record<string, unknown>>,
  message: LegacyMessage,
  duplicate: boolean,
): LegacyReply {
  switch (type) {
    case "quality.validate":
      return { type: "content_validation_result", payload: verdictPayload(data.verdict as QualityVerdict) };
    case "quality.metrics":
      return { type: "quality_metrics", payload: data };
    case "quality.report": {
      const { markdown, ...raw } = data;
      return { type: "quality_report_generated", payload: { report: markdown, raw_data: raw, timestamp: data.to } };
    }
    case "quality.subscribe":
      return { type: "quality_alerts_subscribed", payload: { status: "subscribed" } };
    case "quality.unsubscribe":
      return { type: "quality_alerts_unsubscribed", payload: { status: "unsubscribed" } };
    default: {
      const { threadId, runId, messageId, state = "stored" } = data;
      const ids = {
        ...(threadId !== undefined && { thread_id: threadId as string }),
        ...(runId !== undefined && { run_id: runId as string }),
      };
      const payload = { received_type: message.type, status: state, duplicate, message_id: messageId ?? null, ...ids };
      return { type: "ack", payload, ...ids };
    }
  }
}

/** The verdict with what old clients read of one besides: figures under their names, and how to try again. */
function verdictPayload(verdict: QualityVerdict): Readonly<Record<string, unknown>> {
  const { passed, scores, genericPhrases, circularReasoning, hallucinationRisk, redundancy, counts, suggestions } =
    verdict;
  const metrics = {
    ...scores,
    ...{ overall_score: verdict.score, quality_level: verdict.level, redundancy_ratio: redundancy },
    ...{ generic_phrase_count: genericPhrases, circular_reasoning_detected: circularReasoning },
    ...{ hallucination_risk: hallucinationRisk, word_count: counts.words, sentence_count: counts.sentences },
    numeric_values_count: counts.numbers,
  };
  const retry = { temperature: retryTemperature, additional_instructions: suggestions.slice(0, retryInstructionsMax) };
  return { ...verdict, metrics, retry_suggested: !passed, retry_prompt_adjustments: passed ? null : retry };
}

function errorOf(message: Partial<LegacyMessage>, code: string, reason: string): LegacyReply {
  return {
    ...answering(message),
    type: "error",
    payload: { code, message: reason, ...(message.type !== undefined && { received_type: message.type }) },
  };
}

/** Only names that there are: what a client makes up must not become a label. */
function siteOf({ type }: Partial<LegacyMessage>): string {
  if (type === undefined) return "unreadable";
  return isLegacyType(type) ? type : "unknown type";
}

/** Which message an answer belongs to, for clients that gave it an id. */
function answering(message: Partial<LegacyMessage>) {
  return message.message_id === undefined ? {} : { message_id: message.message_id };
}

function stamped(reply: LegacyReply): string {
  return JSON.stringify({ timestamp: new Date().toISOString(), ...reply });
}
