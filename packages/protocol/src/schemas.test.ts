import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type CommandData, type CommandType, commandTypes, type ReplyData } from "./commands.ts";
import { type EventData, type EventType, eventTypes, isRunEventType, type JsonValue } from "./events.ts";
import { clientFrameKinds, serverFrameKinds } from "./frames.ts";
import { defaultLimits } from "./limits.ts";
import {
  clientFrameSchema,
  commandDataSchemas,
  eventDataSchemas,
  eventSchema,
  limitsSchema,
  replyDataSchemas,
  serverFrameSchema,
} from "./schemas.ts";
import {
  clientFrameArbitraries,
  clientFrames,
  commandDataArbitraries,
  commandIds,
  events,
  eventsOfType,
  replyDataArbitraries,
  serverFrameArbitraries,
  serverFrames,
} from "./wire-arbitraries.ts";

/** As a receiver sees it. */
const overTheWire = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value));
const commandSchemas = commandDataSchemas(defaultLimits);

function expectAccepted(schema: z.ZodType, value: unknown): void {
  const received = overTheWire(value);
  const result = schema.safeParse(received);
  expect(result.error).toBeUndefined();
  // zod leaves `__proto__` keys out of what it returns; they may stand inside a tool's input, where any JSON may.
  if (!JSON.stringify(received).includes("__proto__")) expect(result.data).toEqual(received);
}

/** `value` with one key more in the object that `path` leads to. */
function withKey(value: JsonValue, path: readonly string[], key: string): JsonValue {
  const [first, ...rest] = path;
  if (first === undefined) {
    // Written as text, because that is how an own `__proto__` key comes about.
    const text = JSON.stringify(value);
    return JSON.parse(`${text.slice(0, -1)}${text === "{}" ? "" : ","}${JSON.stringify(key)}:1}`);
  }
  const object = value as Readonly<Record<string, JsonValue>>;
  return { ...object, [first]: withKey(object[first] as JsonValue, rest, key) };
}

const unknownKeys = fc.constantFrom("__proto__", "constructor", "toString", "userId", "Kind", "");

describe("client frames", () => {
  test.each(clientFrameKinds)("every valid %s frame is accepted", (kind) => {
    fc.assert(
      fc.property(clientFrameArbitraries[kind] as fc.Arbitrary<unknown>, (frame) => {
        expectAccepted(clientFrameSchema, frame);
      }),
    );
  });

  test("an unknown key is refused, whatever its name", () => {
    fc.assert(
      fc.property(clientFrames, unknownKeys, (frame, key) => {
        expect(clientFrameSchema.safeParse(withKey(overTheWire(frame), [], key)).success).toBe(false);
      }),
    );
  });

  test("a missing key is refused", () => {
    fc.assert(
      fc.property(clientFrames, fc.nat(), (frame, choice) => {
        const keys = Object.keys(frame);
        const missing = keys[choice % keys.length];
        const rest = Object.fromEntries(Object.entries(frame).filter(([key]) => key !== missing));
        expect(clientFrameSchema.safeParse(overTheWire(rest)).success).toBe(false);
      }),
    );
  });

  test("nothing else is a frame", () => {
    const kinds = fc.constantFrom("hello", "command", "ping", "welcome", "events", "__proto__", "constructor");
    const almost = fc.record({ kind: kinds, id: fc.jsonValue(), type: fc.jsonValue(), after: fc.jsonValue() });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), almost), (value) => {
        expect(clientFrameSchema.safeParse(overTheWire(value)).success).toBe(false);
      }),
    );
    for (const value of [undefined, null, [], [{ kind: "ping" }], "ping", { kind: "pong" }, new Map()]) {
      expect(clientFrameSchema.safeParse(value).success).toBe(false);
    }
  });

  test("the version is 1 and a command type has at most 64 characters", () => {
    expect(clientFrameSchema.safeParse({ kind: "hello", protocol: 2, after: null }).success).toBe(false);
    expect(clientFrameSchema.safeParse({ kind: "hello", protocol: "1", after: null }).success).toBe(false);
    const command = { kind: "command", id: "a", data: {} };
    expect(clientFrameSchema.safeParse({ ...command, type: "t".repeat(64) }).success).toBe(true);
    expect(clientFrameSchema.safeParse({ ...command, type: "t".repeat(65) }).success).toBe(false);
    expect(clientFrameSchema.safeParse({ ...command, type: "\ud800" }).success).toBe(false);
  });
});

describe.each(commandTypes)("%s", (type) => {
  const data = commandDataArbitraries[type] as fc.Arbitrary<Readonly<Record<string, unknown>>>;
  const schema: z.ZodType = commandSchemas[type];

  test("every valid data and reply is accepted", () => {
    fc.assert(fc.property(data, (value) => expectAccepted(schema, value)));
    fc.assert(
      fc.property(replyDataArbitraries[type] as fc.Arbitrary<unknown>, (value) => {
        expectAccepted(replyDataSchemas[type], value);
      }),
    );
  });

  test("an unknown key is refused, whatever its name", () => {
    fc.assert(
      fc.property(data, unknownKeys, (value, key) => {
        expect(schema.safeParse(withKey(overTheWire(value), [], key)).success).toBe(false);
      }),
    );
  });

  test("any id in another's place is refused", () => {
    const idKeys = ["threadId", "runId", "callId"];
    const strangers = ["thr_aaaaaaaa", "run_aaaaaaaa", "call_aaaaaaaa", "msg_aaaaaaaa", "con_aaaaaaaa", "user", "", 7];
    fc.assert(
      fc.property(data, fc.constantFrom(...strangers), (value, stranger) => {
        for (const key of idKeys.filter((candidate) => candidate in value)) {
          const accepted = schema.safeParse({ ...value, [key]: stranger }).success;
          expect(accepted).toBe(
            typeof stranger === "string" && stranger.startsWith(`${key.slice(0, -2)}_`.slice(0, 3)),
          );
        }
      }),
    );
  });

  test("a lone surrogate in any text is refused", () => {
    fc.assert(
      fc.property(data, fc.constantFrom("\ud800", "a\udfff", "\udc00\ud800"), (value, broken) => {
        for (const [key, before] of Object.entries(value)) {
          if (typeof before !== "string") continue;
          expect(schema.safeParse(overTheWire({ ...value, [key]: before + broken })).success).toBe(false);
        }
      }),
    );
  });

  test("data that is no object is refused", () => {
    for (const value of [undefined, null, [], "", 0, true]) expect(schema.safeParse(value).success).toBe(false);
  });
});

describe("text of commands", () => {
  const send = commandSchemas["message.send"];
  const rename = (title: string) => commandSchemas["thread.rename"].safeParse({ threadId: "thr_aaaaaaaa", title });

  test("a message is as long as the limit allows, in UTF-16 units, and not empty", () => {
    const { messageTextCharactersMax } = defaultLimits;
    expect(send.safeParse({ text: "a".repeat(messageTextCharactersMax) }).success).toBe(true);
    expect(send.safeParse({ text: "a".repeat(messageTextCharactersMax + 1) }).success).toBe(false);
    expect(send.safeParse({ text: "🙂".repeat(messageTextCharactersMax / 2) }).success).toBe(true);
    expect(send.safeParse({ text: `🙂${"a".repeat(messageTextCharactersMax - 1)}` }).success).toBe(false);
    for (const empty of ["", " ", "\n\t", "\u2003", "\ufeff"])
      expect(send.safeParse({ text: empty }).success).toBe(false);
    expect(send.parse({ text: "  kept as it is\n" }).text).toBe("  kept as it is\n");
  });

  test("a title loses the space around it and is not empty", () => {
    expect(rename("  Ada \n").data?.title).toBe("Ada");
    expect(rename(" ").success).toBe(false);
    expect(rename("a".repeat(defaultLimits.titleCharactersMax)).success).toBe(true);
    expect(rename("a".repeat(defaultLimits.titleCharactersMax + 1)).success).toBe(false);
  });

  test("lengths are those of the limits given", () => {
    const schemas = commandDataSchemas({ ...defaultLimits, messageTextCharactersMax: 3 });
    expect(schemas["message.send"].safeParse({ text: "abc" }).success).toBe(true);
    expect(schemas["message.send"].safeParse({ text: "abcd" }).success).toBe(false);
  });
});

describe("events", () => {
  test.each(eventTypes)("every valid %s is accepted", (type) => {
    fc.assert(fc.property(eventsOfType(type), (event) => expectAccepted(eventSchema, event)));
  });

  test("an unknown key is refused in the event and in its data", () => {
    fc.assert(
      fc.property(events, unknownKeys, fc.constantFrom([], ["data"]), (event, key, path) => {
        expect(eventSchema.safeParse(withKey(overTheWire(event), path, key)).success).toBe(false);
      }),
    );
  });

  test("exactly the events of runs name a run", () => {
    fc.assert(
      fc.property(events, (event) => {
        expect("runId" in event).toBe(isRunEventType(event.type));
        const { runId, ...without } = event;
        const other = runId === undefined ? { ...without, runId: "run_aaaaaaaa" } : without;
        expect(eventSchema.safeParse(overTheWire(other)).success).toBe(false);
      }),
    );
  });

  test("the data of another type is refused", () => {
    fc.assert(
      fc.property(events, events, (event, other) => {
        const mixed = overTheWire({ ...event, data: other.data });
        expect(eventSchema.safeParse(mixed).success).toBe(
          eventDataSchemas[event.type].safeParse(overTheWire(other.data)).success,
        );
      }),
    );
  });

  test.each([
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.000+00:00",
    "2026-01-01 00:00:00.000Z",
    "2026-02-30T00:00:00.000Z",
  ])("%s is no instant of the wire", (at) => {
    const event = { sequence: 1, type: "thread_created", threadId: "thr_aaaaaaaa", data: {} };
    expect(eventSchema.safeParse({ ...event, at: "2026-01-01T00:00:00.000Z" }).success).toBe(true);
    expect(eventSchema.safeParse({ ...event, at }).success).toBe(false);
  });
});

describe("server frames", () => {
  test.each(serverFrameKinds)("every valid %s frame is accepted", (kind) => {
    fc.assert(
      fc.property(serverFrameArbitraries[kind] as fc.Arbitrary<unknown>, (frame) => {
        expectAccepted(serverFrameSchema, frame);
      }),
    );
  });

  test("an unknown key is refused, whatever its name", () => {
    fc.assert(
      fc.property(serverFrames, unknownKeys, (frame, key) => {
        expect(serverFrameSchema.safeParse(withKey(overTheWire(frame), [], key)).success).toBe(false);
      }),
    );
  });

  test("a reply is either accepted or refused, never both or neither", () => {
    const error = { code: "busy", message: "", retryable: true };
    const reply = { kind: "reply", id: "a" };
    fc.assert(
      fc.property(commandIds, (id) => {
        const wrong = [
          { ...reply, id },
          { ...reply, id, ok: true, duplicate: false, data: {}, error },
          { ...reply, id, ok: false, data: {} },
          { ...reply, id, ok: true, error },
        ];
        for (const frame of wrong) expect(serverFrameSchema.safeParse(frame).success).toBe(false);
      }),
    );
    expect(serverFrameSchema.safeParse({ ...reply, ok: false, error }).success).toBe(true);
    expect(serverFrameSchema.safeParse({ ...reply, ok: false, error: { ...error, code: "nope" } }).success).toBe(false);
  });

  test("the limits are all there and positive", () => {
    expect(limitsSchema.safeParse(defaultLimits).success).toBe(true);
    for (const name of Object.keys(defaultLimits)) {
      expect(limitsSchema.safeParse({ ...defaultLimits, [name]: 0 }).success).toBe(false);
      const missing = Object.fromEntries(Object.entries(defaultLimits).filter(([key]) => key !== name));
      expect(limitsSchema.safeParse(missing).success).toBe(false);
    }
    expect(limitsSchema.safeParse({ ...defaultLimits, more: 1 }).success).toBe(false);
  });
});

/**
 * The names in the types, which do not exist at run time, written down so that only what the types say compiles. What the
 * schemas return is held against the types where they are declared; names of optional fields only here.
 */
type Presence<Data> = {
  readonly [Field in keyof Data]-?: object extends Pick<Data, Field> ? "optional" : "required";
};
const eventFields: { readonly [Type in EventType]: Presence<EventData[Type]> } = {
  message_accepted: { messageId: "required", commandId: "required", text: "required" },
  agent_started: { agent: "required", messageId: "required" },
  agent_thinking: { step: "required", text: "optional" },
  agent_delta: { step: "required", offset: "required", text: "required" },
  tool_executing: { callId: "required", tool: "required", input: "required" },
  tool_completed: {
    callId: "required",
    tool: "required",
    outcome: "required",
    output: "optional",
    error: "optional",
    durationMs: "required",
  },
  approval_requested: {
    callId: "required",
    tool: "required",
    input: "required",
    digest: "required",
    expiresAt: "required",
  },
  approval_answered: { callId: "required", decision: "required" },
  run_stop_requested: {},
  run_resumed: { attempt: "required", step: "required" },
  agent_completed: { outcome: "required", message: "optional", error: "optional", usage: "optional" },
  thread_created: { title: "optional" },
  thread_renamed: { title: "required" },
  thread_deleted: {},
  quality_verdict: { round: "required", gate: "required", verdict: "required" },
  quality_alert: {
    alertId: "required",
    scope: "required",
    agent: "required",
    state: "required",
    severity: "required",
    occurrences: "required",
    score: "required",
    contentType: "required",
    issues: "required",
    openedAt: "required",
    changedAt: "required",
  },
  quality_update: { subscription: "optional", alert: "optional" },
  compacted: { through: "required" },
};
const commandFields: { readonly [Type in CommandType]: Presence<CommandData[Type]> } = {
  "message.send": { threadId: "optional", text: "required", onBusy: "optional" },
  "run.stop": { runId: "required" },
  "approval.answer": { callId: "required", digest: "required", decision: "required" },
  "thread.create": { title: "optional" },
  "thread.rename": { threadId: "required", title: "required" },
  "thread.delete": { threadId: "required" },
  "quality.validate": { text: "required", contentType: "optional", question: "optional", strict: "optional" },
  "quality.metrics": { scope: "optional", agent: "optional", windowHours: "optional" },
  "quality.report": { scope: "optional", period: "required" },
  "quality.subscribe": { scope: "optional" },
  "quality.unsubscribe": { scope: "optional" },
  "quality.acknowledge": { alertId: "required" },
  "quality.resolve": { alertId: "required" },
};
const replyFields: { readonly [Type in CommandType]: Presence<ReplyData[Type]> } = {
  "message.send": { messageId: "required", threadId: "required", runId: "required", sequence: "required" },
  "run.stop": { runId: "required", state: "required" },
  "approval.answer": { callId: "required", decision: "required" },
  "thread.create": { threadId: "required" },
  "thread.rename": { threadId: "required", title: "required" },
  "thread.delete": { threadId: "required" },
  "quality.validate": { verdict: "required" },
  "quality.metrics": { scope: "required", windowHours: "required", agents: "required", alerts: "required" },
  "quality.report": {
    scope: "required",
    period: "required",
    from: "required",
    to: "required",
    markdown: "required",
    agents: "required",
    alerts: "required",
  },
  "quality.subscribe": { scope: "required", subscribed: "required" },
  "quality.unsubscribe": { scope: "required", subscribed: "required" },
  "quality.acknowledge": { alertId: "required", state: "required" },
  "quality.resolve": { alertId: "required", state: "required" },
};

describe("types and schemas", () => {
  function fieldsOf(schema: z.ZodType): Record<string, "optional" | "required"> {
    if (!(schema instanceof z.ZodObject)) throw new TypeError("unable to list fields; the schema is no object");
    return Object.fromEntries(
      Object.entries(schema.shape).map(([name, field]) => [
        name,
        field instanceof z.ZodOptional ? "optional" : "required",
      ]),
    );
  }

  test.each(eventTypes)("%s has the same fields in both", (type) => {
    expect(fieldsOf(eventDataSchemas[type])).toEqual(eventFields[type]);
  });

  test.each(commandTypes)("%s and its reply have the same fields in both", (type) => {
    expect(fieldsOf(commandSchemas[type])).toEqual(commandFields[type]);
    expect(fieldsOf(replyDataSchemas[type])).toEqual(replyFields[type]);
  });

  test("the lists of names are complete", () => {
    expect(Object.keys(eventFields).sort()).toEqual([...eventTypes].sort());
    expect(Object.keys(commandFields).sort()).toEqual([...commandTypes].sort());
  });
});
