/** A message of the old wire format, in both directions. */
export interface LegacyMessage {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** ISO 8601. Old clients send anything here; it is not read. */
  readonly timestamp?: string;
  readonly thread_id?: string;
  readonly run_id?: string;
  readonly message_id?: string;
  readonly user_id?: string;
}

const typeCharactersMax = 64;

/** What a text from a client says, or why it cannot be read. Fields that have the wrong type are refused, not ignored. */
export function readLegacyMessage(text: string): LegacyMessage | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "the message is not JSON" };
  }
  if (!isRecord(value)) return { problem: "the message is not an object" };
  const { type, payload = {} } = value;
  if (typeof type !== "string" || type === "" || type.length > typeCharactersMax) {
    return { problem: `the message has no type of 1 to ${typeCharactersMax} characters` };
  }
  if (!isRecord(payload)) return { problem: "the payload is not an object" };
  const message: Record<string, unknown> = { type, payload };
  for (const name of ["thread_id", "run_id", "message_id", "user_id"] as const) {
    const id = value[name] ?? undefined;
    if (id === undefined) continue;
    if (typeof id !== "string") return { problem: `${name} is not a text` };
    message[name] = id;
  }
  return message as unknown as LegacyMessage;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
