import {
  type CommandData,
  type CommandType,
  type ContentType,
  contentTypes,
  type JsonValue,
  parseRunId,
  parseThreadId,
  type RunId,
  type ThreadId,
} from "@throughline/protocol";
import { nearestNames } from "@throughline/server";
import { canonicalType } from "./aliases.ts";
import type { LegacyMessage } from "./legacy-message.ts";

/** What a message of an old client asks for. */
export type LegacyRequest =
  | { readonly kind: "command"; readonly command: AnyCommand }
  | { readonly kind: "stop"; readonly threadId: ThreadId | undefined }
  | { readonly kind: "history"; readonly answer: HistoryAnswer; readonly threadId: ThreadId; readonly limit: number }
  | { readonly kind: "pong" | "heartbeat_ack" }
  | { readonly kind: "refused"; readonly code: "unknown_type" | "invalid_data"; readonly message: string };

export type HistoryAnswer = "thread_history" | "thread_switched" | "session_restored";

type AnyCommand = { [Type in CommandType]: { readonly type: Type; readonly data: CommandData[Type] } }[CommandType];

/** Every canonical type, each with what it becomes. */
const readers: Readonly<Record<string, (message: LegacyMessage) => LegacyRequest>> = {
  user_message: (message) => send(message, ["content", "text", "message"]),
  start_agent: (message) => send(message, ["user_request", "query", "message", "content"]),
  stop_agent(message) {
    const runId = optionalId(message, "run_id", parseRunId);
    if (runId === "invalid") return invalid("run_id is not the id of a run");
    if (runId !== undefined) return command("run.stop", { runId });
    const threadId = threadOf(message);
    return threadId === "invalid" ? invalid("thread_id is not the id of a thread") : { kind: "stop", threadId };
  },
  create_thread(message) {
    const { title } = message.payload;
    return command("thread.create", typeof title === "string" && title.trim() !== "" ? { title } : {});
  },
  get_thread_history: (message) => history(message, "thread_history"),
  switch_thread: (message) => history(message, "thread_switched"),
  session_restore: (message) => history(message, "session_restored"),
  ping: () => ({ kind: "pong" }),
  heartbeat: () => ({ kind: "heartbeat_ack" }),
  validate_content({ payload }) {
    const { content = "", content_type: type, strict_mode: strict = false, user_request: question } = payload;
    if (typeof content !== "string" || typeof strict !== "boolean") {
      return invalid("content is a text, and strict_mode true or false");
    }
    const contentType = contentTypeOf(type);
    const asked = typeof question === "string" ? { question } : {};
    return command("quality.validate", { text: content, contentType, strict, ...asked });
  },
  get_quality_metrics({ payload }) {
    const { agent_name: agent, period_hours: windowHours = 24 } = payload;
    if (typeof windowHours !== "number") return invalid("period_hours is a number");
    return command("quality.metrics", { windowHours, ...(typeof agent === "string" && { agent }) });
  },
  subscribe_quality_alerts({ payload }) {
    const { action = "subscribe" } = payload;
    if (action === "subscribe") return command("quality.subscribe", {});
    if (action === "unsubscribe") return command("quality.unsubscribe", {});
    return invalid("action is subscribe or unsubscribe");
  },
  generate_quality_report({ payload }) {
    const { period = "day", report_type: reportType = "summary" } = payload;
    // One report serves both: its text is the summary, its data the details.
    if (reportType !== "summary" && reportType !== "detailed") return invalid("report_type is summary or detailed");
    if (period !== "day" && period !== "week") return invalid("period is day or week");
    return command("quality.report", { period });
  },
};

/** Types that old clients may send, without their aliases. */
const legacyTypes: readonly string[] = Object.keys(readers);

/** Answered by whoever holds the connection: code that has none reads `GET /v1/threads`, and needs no sign of life. */
const connectionTypes = new Set(["get_thread_history", "switch_thread", "session_restore", "ping", "heartbeat"]);

/** Is it a name that old clients may send, an alias included? */
export function isLegacyType(type: string): boolean {
  return Object.hasOwn(readers, canonicalType(type));
}

/** Is it one that becomes a command, so that code without a connection can send it as well? */
export function isCommandType(type: string): boolean {
  return isLegacyType(type) && !connectionTypes.has(canonicalType(type));
}

/** Never throws; what cannot be done is a refusal that says why. */
export function readRequest(message: LegacyMessage): LegacyRequest {
  const type = canonicalType(message.type);
  if (isLegacyType(type)) return (readers[type] as (given: LegacyMessage) => LegacyRequest)(message);
  const nearest = nearestNames(message.type, legacyTypes);
  const known = nearest.length > 0 ? `did you mean ${nearest.join(" or ")}?` : `known are ${legacyTypes.join(", ")}`;
  return {
    kind: "refused",
    code: "unknown_type",
    message: `unable to take the message; nobody owns its type; ${known}`,
  };
}

function send(message: LegacyMessage, names: readonly string[]): LegacyRequest {
  const text = names.map((name) => message.payload[name]).find((value) => typeof value === "string");
  if (typeof text !== "string") return invalid(`the payload has none of ${names.join(", ")}`);
  const threadId = threadOf(message);
  if (threadId === "invalid") return invalid("thread_id is not the id of a thread");
  return command("message.send", { text, ...(threadId !== undefined && { threadId }) });
}

const historyRunsDefault = 50;

function history(message: LegacyMessage, answer: HistoryAnswer): LegacyRequest {
  const threadId = threadOf(message);
  if (threadId === undefined || threadId === "invalid") return invalid("thread_id is missing, or no id of a thread");
  const { limit = historyRunsDefault } = message.payload;
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1) return invalid("limit is a number from 1");
  return { kind: "history", answer, threadId, limit };
}

function command<Type extends CommandType>(type: Type, data: CommandData[Type]): LegacyRequest {
  return { kind: "command", command: { type, data } as AnyCommand };
}

function invalid(reason: string): LegacyRequest {
  return { kind: "refused", code: "invalid_data", message: `unable to read the message; ${reason}` };
}

/** Some clients name the thread in the payload. */
function threadOf(message: LegacyMessage): ThreadId | undefined | "invalid" {
  const threadId = optionalId(message, "thread_id", parseThreadId);
  if (threadId !== undefined) return threadId;
  const { threadId: camel } = message.payload;
  if (camel === undefined || camel === null || camel === "") return undefined;
  return parseThreadId(camel) ?? "invalid";
}

function optionalId<Id extends ThreadId | RunId>(
  message: LegacyMessage,
  name: "thread_id" | "run_id",
  parse: (text: unknown) => Id | undefined,
): Id | undefined | "invalid" {
  const given = message[name] ?? (message.payload[name] as JsonValue | undefined);
  if (given === undefined || given === null || given === "") return undefined;
  return parse(given) ?? "invalid";
}

/** The old names differ in one; what nobody knows was read as `general`. */
function contentTypeOf(type: unknown): ContentType {
  if (type === "error") return "error_message";
  return contentTypes.find((known) => known === type) ?? "general";
}
