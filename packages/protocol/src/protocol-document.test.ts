/** PROTOCOL.md and this package name the same things. Whatever stands in one and not in the other fails here. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { code, codes, documentTables, type TableRow } from "../../../tests/markdown-tables.ts";
import { closeCodes, mayReconnect } from "./close-codes.ts";
import { commandTypes } from "./commands.ts";
import { errorCodes, runErrorCodes, toolErrorCodes } from "./errors.ts";
import { eventTypes, isRunEventType, isUserEventType } from "./events.ts";
import { clientFrameKinds, protocolVersion, resetReasons, serverFrameKinds, subprotocol } from "./frames.ts";
import { idPatterns } from "./ids.ts";
import { defaultLimits } from "./limits.ts";
import { contentTypes, qualityIssueCodes, qualityLevels, qualityScopes } from "./quality.ts";
import { callTable, runTable } from "./run-state.ts";
import type { RunView, StepView, ToolCallView } from "./run-view.ts";
import * as schemas from "./schemas.ts";
import type { ThreadSummary, ThreadView } from "./thread-view.ts";

const document = documentTables("PROTOCOL.md");

/** One line for each field: `frame.field?: type`. */
type Fields = readonly string[];

/** As the document names types. */
function typeName(schema: unknown): string {
  if (schema instanceof z.ZodNullable) return `${typeName(schema.unwrap())} | null`;
  if (schema instanceof z.ZodArray) return `${typeName(schema.element)}[]`;
  const known = namedSchemas.get(schema);
  if (known !== undefined) return known;
  if (schema instanceof z.ZodEnum) {
    const options = schema.options.join(" | ");
    return namedUnions.get(options) ?? options;
  }
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape).map(([name, field]) => fieldText(name, field));
    return `{ ${fields.join(", ")} }`;
  }
  if (schema instanceof z.ZodLiteral) return String(schema.value);
  if (schema instanceof z.ZodISODateTime) return "Instant";
  if (schema instanceof z.ZodNumberFormat) return `integer ≥ ${schema.minValue}`;
  if (schema instanceof z.ZodNumber) return `number ≥ ${schema.minValue}`;
  if (schema instanceof z.ZodString) return "text";
  if (schema instanceof z.ZodBoolean) return "boolean";
  if (schema instanceof z.ZodLazy) return "JSON";
  if (schema instanceof z.ZodRecord || schema instanceof z.ZodUnknown) return "object";
  throw new TypeError("unable to name a type; the document has no word for it");
}

const namedSchemas = new Map<unknown, string>([
  [schemas.userIdSchema, "UserId"],
  [schemas.threadIdSchema, "ThreadId"],
  [schemas.runIdSchema, "RunId"],
  [schemas.messageIdSchema, "MessageId"],
  [schemas.callIdSchema, "CallId"],
  [schemas.commandIdSchema, "CommandId"],
  [schemas.connectionIdSchema, "ConnectionId"],
  [schemas.cursorSchema, "Cursor"],
  [schemas.eventSchema, "Event"],
  [schemas.limitsSchema, "Limits"],
  [schemas.wireErrorSchema, "WireError"],
  [schemas.alertIdSchema, "AlertId"],
  [schemas.qualityVerdictSchema, "QualityVerdict"],
  [schemas.qualityAlertSchema, "QualityAlert"],
  [schemas.agentQualitySchema, "AgentQuality"],
]);
const namedUnions = new Map([
  [Object.keys(errorCodes).join(" | "), "ErrorCode"],
  [toolErrorCodes.join(" | "), "ToolErrorCode"],
  [runErrorCodes.join(" | "), "RunErrorCode"],
  [contentTypes.join(" | "), "ContentType"],
  [qualityLevels.join(" | "), "QualityLevel"],
  [qualityIssueCodes.join(" | "), "QualityIssueCode"],
  [qualityScopes.join(" | "), "QualityScope"],
]);

function fieldText(name: string, schema: unknown): string {
  return schema instanceof z.ZodOptional ? `${name}?: ${typeName(schema.unwrap())}` : `${name}: ${typeName(schema)}`;
}

function fieldsOfSchema(owner: string, schema: unknown, without: readonly string[] = []): Fields {
  if (!(schema instanceof z.ZodObject)) throw new TypeError(`unable to list the fields of ${owner}; it is no object`);
  const fields = Object.entries(schema.shape).filter(([name]) => !without.includes(name));
  return fields.length === 0 ? [`${owner} —`] : fields.map(([name, field]) => `${owner}.${fieldText(name, field)}`);
}

/** The same lines out of a table; rows of one owner name it in `ownerColumn`. */
function fieldsOfRows(rows: readonly TableRow[], owner: (row: TableRow) => string, column: string): Fields {
  return rows.map((row) =>
    row[column] === "—" ? `${owner(row)} —` : `${owner(row)}.${code(row[column])}: ${code(row.Type)}`,
  );
}

const sorted = (values: Iterable<string>) => [...values].sort();
const codesOf = (heading: string, column: string) => document.rows(heading, column).map((row) => code(row[column]));
const owner = (column: string) => (row: TableRow) => (row[column] ?? "").replaceAll("`", "");

describe("values", () => {
  test("every id has its pattern", () => {
    const documented = document.rows("Ids", "Id").map((row) => [code(row.Id), code(row.Pattern)]);
    const patterns = Object.entries(idPatterns).map(([name, pattern]) => [
      `${name.charAt(0).toUpperCase()}${name.slice(1)}Id`,
      pattern.source,
    ]);
    expect(sorted(documented.map(String))).toEqual(sorted(patterns.map(String)));
  });

  test("the version and the subprotocol are those of the package", () => {
    expect(document.text).toMatch(new RegExp(`^# .* version ${protocolVersion}$`, "m"));
    expect(new Set(document.text.match(/throughline\.v\d+/g))).toEqual(new Set([subprotocol]));
  });
});

describe("frames", () => {
  const optionsOf = (schema: unknown) => (schema as z.ZodUnion<readonly z.ZodObject[]>).options;
  const ownerOf = (schema: z.ZodObject) => {
    const { kind, ok } = schema.shape as Record<string, z.ZodLiteral | undefined>;
    if (ok === undefined) return String(kind?.value);
    return `${kind?.value}, ${ok.value === true ? "accepted" : "refused"}`;
  };

  test.each([
    ["Client frames", schemas.clientFrameSchema, clientFrameKinds],
    ["Server frames", schemas.serverFrameSchema, serverFrameKinds],
  ] as const)("%s have the same kinds and fields", (heading, schema, kinds) => {
    const rows = document.rows(heading, "Frame");
    const fields = optionsOf(schema).flatMap((option) => fieldsOfSchema(ownerOf(option), option, ["kind"]));
    expect(sorted(fieldsOfRows(rows, owner("Frame"), "Field"))).toEqual(sorted(fields));
    expect(sorted(new Set(rows.flatMap((row) => codes(row.Frame))))).toEqual(sorted(kinds));
  });

  test("the reasons of a reset are the same", () => {
    expect(sorted(codesOf("Reset", "Reason"))).toEqual(sorted(resetReasons));
  });

  test("a wire error has the same fields", () => {
    const rows = document.rows("WireError fields", "Field");
    expect(sorted(fieldsOfRows(rows, () => "error", "Field"))).toEqual(
      sorted(fieldsOfSchema("error", schemas.wireErrorSchema)),
    );
  });
});

describe("events", () => {
  test("the types are the same, and so is where they belong", () => {
    const documented = document
      .rows("Event types", "Event")
      .map((row) => `${code(row.Event)} ${row["`threadId`"]} ${row["`runId`"]}`);
    const yes = (is: boolean) => (is ? "yes" : "no");
    expect(sorted(documented)).toEqual(
      sorted(eventTypes.map((type) => `${type} ${yes(!isUserEventType(type))} ${yes(isRunEventType(type))}`)),
    );
  });

  test("their data has the same fields", () => {
    const documented = fieldsOfRows(document.rows("Event data", "Event"), owner("Event"), "Field");
    const fields = eventTypes.flatMap((type) => fieldsOfSchema(type, schemas.eventDataSchemas[type]));
    expect(sorted(documented)).toEqual(sorted(fields));
  });

  test("they have the same fields around their data", () => {
    const [event] = (schemas.eventSchema as unknown as { options: z.ZodObject[] }).options;
    const documented = document.rows("6. Events", "Field").map((row) => code(row.Field).replace("?", ""));
    expect(sorted(documented)).toEqual(sorted(Object.keys(event?.shape ?? {})));
  });
});

describe("commands", () => {
  const commandSchemas = schemas.commandDataSchemas(defaultLimits);

  test("the types are the same", () => {
    expect(sorted(document.headings("Reply field"))).toEqual(sorted(commandTypes));
  });

  test.each(commandTypes)("%s has the same data and reply", (type) => {
    const data = fieldsOfRows(document.rows(type, "Field"), () => type, "Field");
    expect(sorted(data)).toEqual(sorted(fieldsOfSchema(type, commandSchemas[type])));
    const reply = fieldsOfRows(document.rows(type, "Reply field"), () => type, "Reply field");
    expect(sorted(reply)).toEqual(sorted(fieldsOfSchema(type, schemas.replyDataSchemas[type])));
  });

  test("they are refused with codes that exist", () => {
    const refusals = document.headings("Refusal").flatMap((heading) => codesOf(heading, "Refusal"));
    for (const refusal of refusals) expect(Object.keys(errorCodes)).toContain(refusal);
    for (const type of commandTypes) expect(document.headings("Refusal")).toContain(type);
  });
});

describe("legal run", () => {
  /** The table as the document draws it: a line for each row, states in the order of its columns. */
  function drawn(heading: string): string[] {
    return document.rows(heading, "Event").map((row) => {
      const cells = Object.entries(row).filter(([column]) => column !== "Event");
      return `${row.Event}: ${cells.map(([state, next]) => `${state}→${next}`).join(" ")}`;
    });
  }
  /** The same out of the code. `rows` gives the document's words for each event. */
  function expected(
    table: Readonly<Record<string, Readonly<Record<string, string>>>>,
    rows: Readonly<Record<string, string>>,
  ): string[] {
    return Object.entries(rows).map(([event, words]) => {
      const cells = Object.entries(table).map(
        ([state, row]) => `${state}→${row[event] === "illegal" ? "—" : row[event]}`,
      );
      return `${words}: ${cells.join(" ")}`;
    });
  }

  test("the states of runs are the same", () => {
    const rows = Object.fromEntries(Object.keys(runTable.absent).map((type) => [type, `\`${type}\``]));
    expect(sorted(drawn("Run states"))).toEqual(sorted(expected(runTable, rows)));
  });

  test("the states of calls are the same", () => {
    const words: Readonly<Record<keyof typeof callTable.absent, string>> = {
      approval_requested: "`approval_requested`",
      approve: "`approval_answered`, `approve`",
      deny: "`approval_answered`, `deny`",
      tool_executing: "`tool_executing`",
      completed_denied: "`tool_completed`, `denied`",
      completed_other: "`tool_completed`, any other outcome",
    };
    expect(sorted(drawn("Call states"))).toEqual(sorted(expected(callTable, words)));
  });
});

describe("errors", () => {
  test("every code has its status and says whether to retry", () => {
    const documented = document
      .rows("Error codes", "Code")
      .map((row) => `${code(row.Code)} ${row.HTTP} ${row.Retryable}`);
    const expected = Object.entries(errorCodes).map(
      ([name, { httpStatus, retryable }]) => `${name} ${httpStatus} ${retryable ? "yes" : "no"}`,
    );
    expect(sorted(documented)).toEqual(sorted(expected));
  });

  test("refusals before a connection have codes with their status", () => {
    for (const row of document.rows("Refusals before a connection", "Status")) {
      const known: Readonly<Record<string, { httpStatus: number }>> = errorCodes;
      expect(`${code(row.Code)} ${row.Status}`).toBe(`${code(row.Code)} ${known[code(row.Code)]?.httpStatus}`);
    }
  });

  test("the codes of tools and of runs are the same, with outcomes that exist", () => {
    expect(sorted(codesOf("Tool error codes", "Code"))).toEqual(sorted(toolErrorCodes));
    expect(sorted(codesOf("Run error codes", "Code"))).toEqual(sorted(runErrorCodes));
    const outcomesOf = (schema: unknown) => ((schema as z.ZodObject).shape.outcome as z.ZodEnum).options;
    for (const [heading, type] of [
      ["Tool error codes", "tool_completed"],
      ["Run error codes", "agent_completed"],
    ] as const) {
      const outcomes = document.rows(heading, "Code").flatMap((row) => codes(row.Outcome));
      const known = outcomesOf(schemas.eventDataSchemas[type]).filter((outcome) => outcome !== "completed");
      expect(sorted(new Set(outcomes))).toEqual(sorted(known as string[]));
    }
  });
});

describe("close codes", () => {
  test("every code has its number", () => {
    const documented = document.rows("13. Close codes", "Name").map((row) => `${code(row.Name)} ${row.Code}`);
    expect(sorted(documented)).toEqual(sorted(Object.entries(closeCodes).map(([name, number]) => `${name} ${number}`)));
  });

  test("the ranges say when to reconnect", () => {
    const documented = document
      .rows("13. Close codes", "Range")
      .map((row) => [row.Range, row.Do?.startsWith("reconnect")]);
    expect(documented).toEqual([
      ["below 4400, and no code at all (1006)", mayReconnect(4399) && mayReconnect(1006)],
      ["4400–4428", mayReconnect(4400) || mayReconnect(4428)],
      ["4429 and above", mayReconnect(4429) && mayReconnect(4999)],
    ]);
  });
});

describe("limits", () => {
  test("every limit has its default", () => {
    const documented = document
      .headings("Limit")
      .flatMap((heading) => document.rows(heading, "Limit"))
      .map((row) => `${code(row.Limit)} ${row.Default?.replaceAll(",", "")}`);
    expect(sorted(documented)).toEqual(
      sorted(Object.entries(defaultLimits).map(([name, value]) => `${name} ${value}`)),
    );
  });

  test("the limits that it names exist", () => {
    const fields = ["retryAfterMs", "reconnectAfterMs", "durationMs", "durationMs?", "retryAfterMs?"];
    const named = codes(document.text).filter(
      (name) => /^[A-Za-z]+(?:Max|Ms)\??$/.test(name) && !fields.includes(name),
    );
    for (const name of named) expect(Object.keys(defaultLimits)).toContain(name);
  });
});

test.each([
  ["QualityVerdict", schemas.qualityVerdictSchema],
  ["QualityAlert", schemas.qualityAlertSchema],
  ["AgentQuality", schemas.agentQualitySchema],
])("%s has the same fields", (name, schema) => {
  const rows = document.rows("Quality fields", "Object").filter((row) => code(row.Object) === name);
  expect(sorted(fieldsOfRows(rows, () => name, "Field"))).toEqual(sorted(fieldsOfSchema(name, schema)));
});

describe("snapshots", () => {
  /** The names in the types, written down so that only what the types say compiles. */
  type Presence<View> = {
    readonly [Field in keyof View]-?: undefined extends View[Field] ? "optional" : "required";
  };
  const summary: Presence<ThreadSummary> = {
    threadId: "required",
    title: "optional",
    createdAt: "required",
    updatedAt: "required",
    openRunIds: "required",
  };
  const thread: Presence<Omit<ThreadView, keyof ThreadSummary>> = { deleted: "required", runs: "required" };
  const run: Presence<RunView> = {
    runId: "required",
    messageId: "required",
    text: "required",
    acceptedAt: "required",
    agent: "optional",
    state: "required",
    attempt: "required",
    steps: "required",
    answer: "optional",
    error: "optional",
    usage: "optional",
    verdict: "optional",
    endedAt: "optional",
  };
  const step: Presence<StepView> = { step: "required", thinking: "optional", text: "required", calls: "required" };
  const call: Presence<ToolCallView> = {
    callId: "required",
    tool: "required",
    input: "required",
    state: "required",
    approval: "optional",
    output: "optional",
    error: "optional",
    durationMs: "optional",
  };

  test("views have the same fields", () => {
    const views = { ThreadSummary: summary, ThreadView: thread, RunView: run, StepView: step, ToolCallView: call };
    const documented = document
      .rows("Snapshot fields", "Object")
      .filter((row) => codes(row.Type).length > 0)
      .map((row) => `${code(row.Object)}.${code(row.Field)}`);
    const expected = Object.entries(views).flatMap(([name, fields]) =>
      Object.entries(fields).map(([field, presence]) => `${name}.${field}${presence === "optional" ? "?" : ""}`),
    );
    expect(sorted(documented)).toEqual(sorted(expected));
  });
});
