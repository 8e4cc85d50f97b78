import { commandTypes } from "@throughline/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalType } from "./aliases.ts";
import { readLegacyMessage } from "./legacy-message.ts";
import { readRequest } from "./read-request.ts";

const canonical = [
  ...[
    "user_message",
    "start_agent",
    "stop_agent",
    "create_thread",
    "get_thread_history",
    "switch_thread",
    "session_restore",
  ],
  ...[
    "ping",
    "heartbeat",
    "validate_content",
    "get_quality_metrics",
    "subscribe_quality_alerts",
    "generate_quality_report",
  ],
];
const aliases = ["chat", "chat_message", "agent_request", "stop_processing", "get_conversation_history"];
const fields = fc.constantFrom(
  "content",
  "text",
  "message",
  "user_request",
  "title",
  "limit",
  "action",
  "period",
  "threadId",
  "thread_id",
  "run_id",
  "content_type",
  "strict_mode",
  "period_hours",
);

test("whatever a client sends is read or refused, and what is read names one of our commands", () => {
  const payload = fc.dictionary(fields, fc.jsonValue({ maxDepth: 2 }));
  const message = fc.record(
    {
      type: fc.oneof(fc.constantFrom(...canonical, ...aliases), fc.string(), fc.jsonValue()),
      payload: fc.oneof({ weight: 5, arbitrary: payload }, { weight: 1, arbitrary: fc.jsonValue() }),
      thread_id: fc.oneof(fc.string(), fc.constant("thr_aaaaaaaaaa"), fc.jsonValue()),
      run_id: fc.oneof(fc.string(), fc.constant("run_aaaaaaaaaa"), fc.jsonValue()),
      message_id: fc.oneof(fc.string(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.oneof(
        message.map((value) => JSON.stringify(value)),
        fc.string(),
      ),
      (text) => {
        const read = readLegacyMessage(text);
        if ("problem" in read) {
          expect(read.problem).not.toBe("");
          return;
        }
        const request = readRequest(read);
        seen.add(request.kind);
        if (request.kind === "command") expect(commandTypes).toContain(request.command.type);
        if (request.kind === "refused") expect(["unknown_type", "invalid_data"]).toContain(request.code);
      },
    ),
    { numRuns: 20_000 },
  );
  expect([...seen].sort()).toEqual(["command", "heartbeat_ack", "history", "pong", "refused", "stop"]);
});

test("an alias leads to a canonical name, and a canonical name to itself", () => {
  for (const name of canonical) expect(canonicalType(name)).toBe(name);
  for (const name of aliases) expect(canonical).toContain(canonicalType(name));
  for (const name of ["constructor", "__proto__", "toString"]) expect(canonicalType(name)).toBe(name);
});
