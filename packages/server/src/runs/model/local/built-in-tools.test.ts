/** What the local assistant asks of the built-in tools is what they take, and what they return is what it can say. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CallId,
  defaultLimits,
  type JsonValue,
  type RunId,
  type ThreadId,
  type UserId,
} from "@throughline/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VirtualClock } from "../../../../../../tests/support/virtual-clock.ts";
import { systemClock } from "../../../base/clock.ts";
import { type BuiltInTools, openBuiltInTools } from "../../../tools/builtin/built-in-tools.ts";
import { type AnyTool, ToolFailure, type ToolResult } from "../../../tools/tool.ts";
import type { ConversationMessage } from "../../agent.ts";
import { type ModelStep, streamModelStep } from "../model-step.ts";
import { LocalLanguageModel } from "./local-language-model.ts";
import { unitNames } from "./units.ts";

const clock = new VirtualClock(Date.UTC(2026, 10, 23, 12, 30));
const model = new LocalLanguageModel({ clock, chunkDelayMs: 0 });
let directory: string;
let builtIn: BuiltInTools;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "throughline-"));
  builtIn = openBuiltInTools({ dataDirectory: directory, limits: defaultLimits, clock: systemClock });
});

afterAll(async () => {
  await builtIn.close();
  await rm(directory, { recursive: true });
});

/** The whole of a run as the loop makes it, without its log: the answer, and the names of the tools that were called. */
async function answerTo(text: string): Promise<{ readonly answer: string; readonly tools: readonly string[] }> {
  const asked: ConversationMessage[] = [{ role: "user", text }];
  const step = await modelStep(asked);
  const ended = await Promise.all(
    step.toolCalls.map(async (call, index) => {
      const input = "value" in call.input ? call.input.value : call.input.invalid;
      return { callId: `call_test0000${index}`, tool: call.tool, input, result: await execute(call.tool, input) };
    }),
  );
  const { text: answer } = await modelStep([
    ...asked,
    { role: "assistant", text: step.text, toolCalls: ended, providerData: step.record },
    ...ended.map(({ callId, tool, result }) => ({ role: "tool" as const, callId, tool, result })),
  ]);
  return { answer, tools: step.toolCalls.map((call) => call.tool) };
}

async function modelStep(messages: readonly ConversationMessage[]): Promise<ModelStep & { kind: "finished" }> {
  const step = await streamModelStep({
    model,
    instructions: "",
    messages,
    tools: builtIn.tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      inputJsonSchema: tool.input["~standard"].jsonSchema.input({ target: "draft-07" }),
    })),
    signal: new AbortController().signal,
    idleTimeoutMs: 60_000,
    clock,
    onText: () => undefined,
    onReasoning: () => undefined,
  });
  if (step.kind !== "finished") throw new Error(`expected an answer, not ${JSON.stringify(step)}`);
  return step;
}

async function execute(name: string, given: JsonValue): Promise<ToolResult> {
  const tool: AnyTool | undefined = builtIn.tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool is called ${name}`);
  const input = await tool.input["~standard"].validate(given);
  if (input.issues !== undefined) throw new Error(`${name} does not take ${JSON.stringify(given)}`);
  try {
    const output = (await tool.execute(input.value, {
      userId: "user-1" as UserId,
      threadId: "thr_test00000" as ThreadId,
      runId: "run_test00000" as RunId,
      callId: "call_test00000" as CallId,
      idempotencyKey: `${name} ${JSON.stringify(given)}`,
      signal: new AbortController().signal,
      clock,
    })) as JsonValue;
    return { outcome: "completed", output };
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    return { outcome: "failed", error: { code: "tool_failed", message: error.message } };
  }
}

test.each([
  ["what is 12 × 7?", "12 \\* 7 = **84**"],
  ["15% of 80", "(15 / 100) \\* 80 = **12**"],
  ["square root of 2 squared", "sqrt(2)^2 = **2**"],
  ["10 km in miles", "10 km = **6.2137119223733 miles**"],
  ["72°F in celsius", "72 °F = **22.222222222222 °C**"],
  ["2 square meters in cm2", "I did not understand that"],
  ["90 mph in km/h", "90 mi/h = **144.84096 km/h**"],
  ["time in Tokyo", "In Tokyo it is **21:30** on Monday, 2026-11-23 (Asia/Tokyo, UTC+09:00)."],
  ["what time is it?", "It is **12:30** UTC on Monday, 2026-11-23. Name a place for the time there."],
  ["what time is it in Gondor", '`world_clock` failed: unable to find "Gondor"'],
  ["what date is tomorrow", '"tomorrow" is **Tuesday, 2026-11-24**, tomorrow.'],
  ["when is November 30 at 5pm", '"November 30 at 5pm" is **Monday, 2026-11-30** at 17:00 (UTC), in 7 days.'],
  ["when was yesterday", '"yesterday" is **Sunday, 2026-11-22**, yesterday.'],
  ["calculate 1/", "`calculate` failed: unable to calculate; "],
])("%s", async (message, beginning) => {
  const { answer } = await answerTo(message);
  expect(answer.slice(0, beginning.length)).toBe(beginning);
});

test("several at once are answered together", async () => {
  const { answer, tools } = await answerTo("time in Tokyo and Lisbon, and 12*7");
  expect(tools).toEqual(["world_clock", "world_clock", "calculate"]);
  expect(answer.split("\n\n").map((line) => line.slice(0, 20))).toEqual([
    "In Tokyo it is **21:",
    "In Lisbon it is **12",
    "12\\*7 = **84**",
  ]);
});

test("notes from the first to the last", async () => {
  const answers: string[] = [];
  for (const message of [
    "my notes",
    "note groceries: milk",
    "note groceries: milk and eggs",
    "my notes",
    "read note groceries",
    "delete note groceries",
    "read note groceries",
  ]) {
    answers.push((await answerTo(message)).answer);
  }
  expect(answers.slice(0, 6)).toEqual([
    "You have no notes.",
    "Saved the note **groceries**.",
    "Replaced the note **groceries**.",
    "Your notes:\n\n- groceries",
    "**groceries**\n\n```\nmilk and eggs\n```",
    "Deleted the note **groceries**.",
  ]);
  expect(answers[6]).toMatch(/^`note_read` failed: /);
});

test("documents are searched and read", async () => {
  expect((await answerTo("search my documents for tea")).answer).toBe('Nothing in your documents matches "tea".');
  builtIn.documents.put("user-1" as UserId, "trip.md", "Bring *green* tea and a ```cup```.");
  expect((await answerTo("what do my documents say about tea?")).answer).toBe(
    "In your documents:\n\n- **trip.md**: Bring \\*green\\* «tea» and a \\`\\`\\`cup\\`\\`\\`.",
  );
  expect((await answerTo("read document trip.md")).answer).toBe(
    "**trip.md**\n\n````\nBring *green* tea and a ```cup```.\n````",
  );
});

test("every unit that it recognizes is one that the tool knows", async () => {
  const unknown: string[] = [];
  for (const name of new Set(unitNames.values())) {
    const result = await execute("convert_units", { value: 1, from: name, to: name });
    if (result.outcome !== "completed") unknown.push(name);
  }
  expect(unknown).toEqual([]);
});
