/** What a client sends. */
export interface Message {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly thread_id?: string;
}

/** What a client receives. */
export interface Event {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly critical?: boolean;
}

export function textOf(message: Message, field: string): string {
  const value = message.payload[field];
  return typeof value === "string" ? value : "";
}
