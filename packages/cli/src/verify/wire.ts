/** What the wire carries, as far as it is looked at; written for this purpose, and never trusted before it was checked. */

export interface SeenEvent {
  readonly sequence: number;
  readonly type: string;
  readonly threadId: string;
  readonly runId?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type Reply =
  | { readonly ok: true; readonly duplicate: boolean; readonly data: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly error: WireError };

export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
}

export type Frame =
  | { readonly kind: "welcome"; readonly userId: string; readonly head: string; readonly limits: Limits }
  | ({ readonly kind: "reply"; readonly id: string } & Reply)
  | { readonly kind: "events"; readonly events: readonly SeenEvent[]; readonly cursor: string }
  | { readonly kind: "reset"; readonly reason: string; readonly head: string }
  | { readonly kind: "pong" }
  | { readonly kind: "draining"; readonly reconnectAfterMs: number };

export type Limits = Readonly<Record<string, number>>;

type Fields = Readonly<Record<string, unknown>>;

/** Each kind of frame with what must be true of its fields. Kinds that are not here are from a later version. */
const checks: Readonly<Record<Frame["kind"], (fields: Fields) => boolean>> = {
  welcome: ({ userId, head, limits }) => typeof userId === "string" && isCursor(head) && isObject(limits),
  reply: ({ id, ok, duplicate, data, error }) =>
    typeof id === "string" && (ok === true ? typeof duplicate === "boolean" && isObject(data) : isError(ok, error)),
  events: ({ events, cursor }) =>
    isCursor(cursor) && Array.isArray(events) && events.length > 0 && events.every(isEvent),
  reset: ({ reason, head }) => typeof reason === "string" && isCursor(head),
  pong: () => true,
  draining: ({ reconnectAfterMs }) => typeof reconnectAfterMs === "number",
};

/** `unknown`: a kind of a later version, which a reader passes over. `malformed`: no frame of this protocol. */
export function readFrame(text: string): Frame | "unknown" | "malformed" {
  const fields = parseJson(text);
  if (!isObject(fields) || typeof fields.kind !== "string") return "malformed";
  if (!Object.hasOwn(checks, fields.kind)) return "unknown";
  return checks[fields.kind as Frame["kind"]](fields) ? (fields as unknown as Frame) : "malformed";
}

/** Undefined when the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The place in the feed that a cursor stands for. */
export function sequenceOf(cursor: string): number {
  return Number(cursor.slice(cursor.lastIndexOf("-") + 1));
}

function isCursor(value: unknown): value is string {
  return typeof value === "string" && /^[a-z0-9]{4,32}-(?:0|[1-9]\d*)$/.test(value);
}

function isEvent(value: unknown): value is SeenEvent {
  if (!isObject(value)) return false;
  const { sequence, type, threadId, runId, at, data } = value;
  const isPlaced = Number.isSafeInteger(sequence) && typeof type === "string" && typeof threadId === "string";
  return isPlaced && (runId === undefined || typeof runId === "string") && typeof at === "string" && isObject(data);
}

function isError(ok: unknown, error: unknown): error is WireError {
  return ok === false && isObject(error) && typeof error.code === "string" && typeof error.retryable === "boolean";
}
