/** Frames and events as PROTOCOL.md writes them: read from their text, and believed only as far as their form goes. */

export interface WireEvent {
  readonly sequence: number;
  readonly type: string;
  readonly threadId: string;
  readonly runId?: string;
  readonly at: string;
  readonly data: EventData;
}

/** The fields of all event types; which of them are there depends on the type. */
export interface EventData {
  readonly messageId?: string;
  readonly commandId?: string;
  readonly text?: string;
  readonly agent?: string;
  readonly step?: number;
  readonly offset?: number;
  readonly attempt?: number;
  readonly callId?: string;
  readonly tool?: string;
  readonly input?: unknown;
  readonly outcome?: string;
  readonly output?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  readonly digest?: string;
  readonly decision?: string;
  readonly message?: { readonly messageId: string; readonly text: string };
  readonly title?: string;
  readonly through?: number;
  readonly round?: number;
  readonly gate?: string;
  readonly verdict?: { readonly passed: boolean };
}

export interface ServerFrame {
  readonly kind: string;
  readonly userId?: string;
  readonly head?: string;
  readonly limits?: Readonly<Record<string, number>>;
  readonly id?: string;
  readonly ok?: boolean;
  readonly duplicate?: boolean;
  readonly data?: ReplyData;
  readonly error?: { readonly code: string; readonly details?: { readonly nearest?: unknown } };
  readonly events?: readonly WireEvent[];
  readonly cursor?: string;
  readonly reason?: string;
}

export interface ReplyData {
  readonly messageId?: string;
  readonly threadId?: string;
  readonly runId?: string;
  readonly sequence?: number;
  readonly state?: string;
  readonly callId?: string;
  readonly decision?: string;
  readonly title?: string;
}

export interface Command {
  readonly id: string;
  readonly type: string;
  readonly data: CommandData;
}

export interface CommandData {
  readonly threadId?: unknown;
  readonly text?: unknown;
  readonly onBusy?: unknown;
  readonly runId?: unknown;
  readonly callId?: unknown;
  readonly digest?: unknown;
  readonly decision?: unknown;
  readonly title?: unknown;
}

/** A server's frame; undefined when it is none. */
export function readServerFrame(text: string): ServerFrame | undefined {
  const frame = readObject(text) as ServerFrame | undefined;
  if (typeof frame?.kind !== "string") return undefined;
  switch (frame.kind) {
    case "welcome":
      return typeof frame.head === "string" && typeof frame.userId === "string" && isObject(frame.limits)
        ? frame
        : undefined;
    case "reply":
      if (typeof frame.id !== "string") return undefined;
      if (frame.ok === true) return isObject(frame.data) && typeof frame.duplicate === "boolean" ? frame : undefined;
      return frame.ok === false && typeof frame.error?.code === "string" ? frame : undefined;
    case "events":
      return typeof frame.cursor === "string" && Array.isArray(frame.events) && frame.events.every(isEvent)
        ? frame
        : undefined;
    case "reset":
      return typeof frame.head === "string" && typeof frame.reason === "string" ? frame : undefined;
    default:
      return frame;
  }
}

/** The command that a client's frame holds; undefined when its envelope is another one. */
export function readCommand(text: string): Command | undefined {
  const frame = readObject(text);
  const { kind, id, type, data } = frame ?? {};
  const isCommand = kind === "command" && typeof id === "string" && typeof type === "string" && isObject(data);
  return isCommand ? { id, type, data: data as CommandData } : undefined;
}

export function readKind(text: string): unknown {
  return readObject(text)?.kind;
}

/** The sequence that a cursor names. Clients may read it, and must not make one. */
export function sequenceOf(cursor: string): number {
  return Number(/^[a-z0-9]{4,32}-(0|[1-9][0-9]*)$/.exec(cursor)?.[1] ?? Number.NaN);
}

/** The last sequence that an event stands for. */
export function lastSequenceOf({ sequence, type, data }: WireEvent): number {
  return type === "compacted" ? (data.through ?? Number.NaN) : sequence;
}

/** JSON text that is the same for equal values, whatever the order of their members. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEvent(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { sequence, type, threadId, data } = value;
  return Number.isInteger(sequence) && typeof type === "string" && typeof threadId === "string" && isObject(data);
}
