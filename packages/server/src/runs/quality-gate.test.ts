import type { LanguageModelV4 } from "@ai-sdk/provider";
import { defaultLimits, type Event, type Limits, type QualityVerdict, type RunId } from "@throughline/protocol";
import { eventSchema } from "@throughline/protocol/schemas";
import { describe, expect, test } from "vitest";
import { CrashingLog, eventsOf, InProcessNode, identityOf } from "../../../../tests/support/in-process-node.ts";
import { memoryQuality } from "../../../../tests/support/memory-quality.ts";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import { RandomIdSource } from "../base/id-source.ts";
import { Feeds } from "../log/feeds.ts";
import { MemoryLog } from "../log/memory-log.ts";
import type { AgentRun } from "./agent.ts";
import { type AgentDefinition, defineAgent } from "./define-agent.ts";
import type { QualityGate } from "./quality-gate.ts";

const alice = identityOf("alice");
const good = "The meeting is on Tuesday at 10:00 in room 4. Bring the printed contracts.";
const empty = "It is important to note that it depends on various factors. Generally speaking, many things matter.";
const question = "When and where is the meeting on Tuesday?";

function setUp() {
  const clock = new VirtualClock();
  const log = new MemoryLog({ epoch: "epoch1", clock, limits: defaultLimits });
  return { clock, log };
}

async function send(node: InProcessNode, text: string, id = "command1"): Promise<{ runId: RunId; threadId: string }> {
  const reply = await node.router.handle(alice, { id, type: "message.send", data: { text } });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.data as { runId: RunId; threadId: string };
}

/** Says one text after the other, one for each time that it is asked, in a recorded step or not. */
function speaker(texts: readonly string[], quality: QualityGate, how: "step" | "delta" | "return" = "step") {
  const asked: { readonly message: string; readonly conversation: number }[] = [];
  const agent: AgentDefinition = defineAgent({
    name: "speaker",
    quality,
    async run(run: AgentRun) {
      const conversation = await run.conversation();
      const round = conversation.filter(({ role }) => role === "assistant").length;
      asked.push({ message: run.message.text, conversation: conversation.length });
      const text = texts[round] ?? "";
      if (how === "return") return text;
      if (how === "delta") run.delta(text);
      else await run.step(async ({ delta }) => delta(text));
    },
  });
  return { agent, asked };
}

async function answer(agent: AgentDefinition, limits: Partial<Limits> = {}) {
  const { clock, log } = setUp();
  const node = new InProcessNode({ log, clock, agent, limits });
  await send(node, question);
  // A model's stream is read in many turns, which no clock knows of.
  for (let turn = 0; turn < 50; turn += 1) await clock.advance(1);
  await clock.advance(60_000);
  const events = await eventsOf(log, alice);
  for (const event of events) expect(eventSchema.parse(event)).toEqual(event);
  return { events, node, ...seen(events) };
}

function seen(events: readonly Event[]) {
  const verdicts = events.flatMap((event) => (event.type === "quality_verdict" ? [event.data] : []));
  const ends = events.flatMap((event) => (event.type === "agent_completed" ? [event.data] : []));
  const shown = events.flatMap((event) => (event.type === "agent_delta" ? [event.data.text] : [])).join("");
  expect(ends).toHaveLength(1);
  return { verdicts, end: ends[0] as (typeof ends)[number], shown };
}

async function metrics(node: InProcessNode) {
  const reply = await node.router.handle(alice, { id: "m", type: "quality.metrics", data: {} });
  return reply.ok
    ? (reply.data as unknown as { agents: { verdicts: number; passed: number; blocked: number }[] }).agents
    : [];
}

describe("annotate", () => {
  test.each(["step", "delta", "return"] as const)("judges what was said, by %s, before the run ends", async (how) => {
    const { agent } = speaker([empty], { gate: "annotate" }, how);
    const { events, verdicts, end, node } = await answer(agent);
    expect(verdicts).toMatchObject([
      { round: 1, gate: "annotate", verdict: { passed: false, contentType: "general" } },
    ]);
    expect(end).toMatchObject({ outcome: "completed", message: { text: empty } });
    expect(events.slice(-2).map(({ type }) => type)).toEqual(["quality_verdict", "agent_completed"]);
    expect(await metrics(node)).toMatchObject([{ verdicts: 1, passed: 0, blocked: 0 }]);
  });

  test("judges by what the agent's gate says", async () => {
    const judged = async (quality: QualityGate) =>
      ((await answer(speaker([good], quality).agent)).verdicts[0] as { verdict: QualityVerdict }).verdict;
    expect(await judged({ gate: "annotate" })).toMatchObject({ passed: true, strict: false });
    const strict = await judged({ gate: "annotate", contentType: "action_plan", strict: true });
    expect(strict).toMatchObject({ passed: false, contentType: "action_plan", strict: true });
  });

  test("off judges nothing", async () => {
    const { verdicts, node } = await answer(speaker([empty], { gate: "off" }).agent);
    expect(verdicts).toEqual([]);
    expect(await metrics(node)).toEqual([]);
  });
});

describe("block", () => {
  test.each(["step", "delta", "return"] as const)(
    "shows nothing of an answer, by %s, before it has passed",
    async (how) => {
      const { agent, asked } = speaker([empty, good], { gate: "block" }, how);
      const { events, verdicts, end, shown, node } = await answer(agent);
      expect(verdicts.map(({ round, verdict }) => [round, verdict.passed])).toEqual([
        [1, false],
        [2, true],
      ]);
      expect(shown).toBe(good);
      expect(end).toMatchObject({ outcome: "completed", message: { text: good } });
      const firstShown = events.findIndex(({ type }) => type === "agent_delta");
      const texts = events
        .slice(0, firstShown)
        .map((event) => JSON.stringify(event.type === "quality_verdict" ? {} : event));
      expect(texts.join()).not.toContain("various factors");
      expect(asked).toMatchObject([
        { message: question, conversation: 0 },
        { message: expect.stringContaining("Your answer was not accepted"), conversation: 2 },
      ]);
      expect(await metrics(node)).toMatchObject([{ verdicts: 1, passed: 1, blocked: 0 }]);
    },
  );

  test("fails the run with the reasons when no revision passes", async () => {
    const { agent, asked } = speaker([empty, empty, empty, empty], { gate: "block", revisionsMax: 2 });
    const { verdicts, end, shown, node } = await answer(agent);
    expect(asked).toHaveLength(3);
    expect(verdicts.map(({ round }) => round)).toEqual([1, 2, 3]);
    expect(end.outcome).toBe("failed");
    expect(end.error?.code).toBe("quality_rejected");
    expect(end.error?.message).toBe(
      `the answer was withheld: ${verdicts[2]?.verdict.issues.map(({ message }) => message).join("; ")}`,
    );
    expect(end.message).toBeUndefined();
    expect(shown).toBe("");
    expect(await metrics(node)).toMatchObject([{ verdicts: 1, passed: 0, blocked: 1 }]);
  });

  test("asks for no more revisions than qualityRevisionsMax", async () => {
    const { agent, asked } = speaker([], { gate: "block", revisionsMax: 100 });
    await answer(agent);
    expect(asked).toHaveLength(1 + defaultLimits.qualityRevisionsMax);
  });
});

describe("a crash", () => {
  test("at any append judges no round twice, asks for no answer twice, and counts the run once", async () => {
    for (const lastOne of ["lost", "stored"] as const) {
      for (let appendsBefore = 1; appendsBefore <= 9; appendsBefore += 1) {
        const { clock, log } = setUp();
        let steps = 0;
        const agent = defineAgent({
          name: "counter",
          quality: { gate: "block" },
          async run(run) {
            const conversation = await run.conversation();
            await run.step(async ({ delta }) => {
              steps += 1;
              delta(conversation.length === 0 ? empty : good);
            });
          },
        });
        let crashed = false;
        const crashing = new CrashingLog(log, { appendsBefore, lastOne }, () => {
          crashed = true;
        });
        const feeds = new Feeds({ log, limits: defaultLimits });
        const quality = memoryQuality({ feeds, clock, ids: new RandomIdSource(), limits: defaultLimits });
        const first = new InProcessNode({ log: crashing, clock, agent, quality });
        const sending = send(first, question);
        await clock.advance(1_000);
        first.engine.abandon();
        const second = new InProcessNode({ log, clock, agent, quality });
        if (appendsBefore <= 1 && lastOne === "lost") await send(second, question);
        void sending.catch(() => undefined);
        await clock.advance(120_000);
        const { verdicts, end, shown } = seen(await eventsOf(log, alice));
        expect(verdicts.map(({ round }) => round)).toEqual([1, 2]);
        expect(end).toMatchObject({ outcome: "completed", message: { text: good } });
        expect(shown.endsWith(good)).toBe(true);
        // A step whose record was lost is asked for again; nothing else is.
        expect(steps).toBeLessThanOrEqual(crashed ? 3 : 2);
        expect(await metrics(second)).toMatchObject([{ verdicts: 1, passed: 1 }]);
      }
    }
  });
});

type StreamPart =
  Awaited<ReturnType<LanguageModelV4["doStream"]>>["stream"] extends ReadableStream<infer Part> ? Part : never;

function streamOf(parts: readonly StreamPart[]): ReadableStream<StreamPart> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

describe("a second judge", () => {
  const usage = {
    inputTokens: { total: 120, noCache: 120, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 9, text: 9, reasoning: undefined },
  };
  const parts = (reply: string) =>
    [
      { type: "text-start", id: "1" },
      { type: "text-delta", id: "1", delta: reply },
      { type: "text-end", id: "1" },
      { type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage },
    ] as const;
  /** Replies so, or not at all. */
  function judgeOf(reply: string) {
    const prompts: string[] = [];
    const model: LanguageModelV4 = {
      specificationVersion: "v4",
      provider: "judge",
      modelId: "judge",
      supportedUrls: {},
      doGenerate: () => Promise.reject(new Error("not called")),
      doStream: async ({ prompt }) => {
        prompts.push(JSON.stringify(prompt));
        if (reply === "never") return new Promise(() => undefined);
        if (reply === "fails") throw new Error("no such model");
        return {
          stream: streamOf(parts(reply)),
        };
      },
    };
    return { model, prompts };
  }
  const judged = async (reply: string, texts = [good]) => {
    const { model, prompts } = judgeOf(reply);
    const { agent } = speaker(texts, { gate: "annotate", judge: { model } });
    return { ...(await answer(agent)), prompts };
  };

  test.each([
    ['{"accept": true, "reason": "to the point"}', true, { outcome: "passed", reason: "to the point" }],
    [
      'Sure:\n```json\n{"accept": false, "reason": "wrong room"}\n```',
      false,
      { outcome: "rejected", reason: "wrong room" },
    ],
    ["I like it.", true, { outcome: "failed" }],
    ['{"accept": "yes"}', true, { outcome: "failed" }],
    ["never", true, { outcome: "failed", reason: expect.stringContaining("qualityJudgeDurationMsMax 20000") }],
    ["fails", true, { outcome: "failed" }],
  ] as const)("that replies %s", async (reply, passed, judgement) => {
    const { verdicts, end } = await judged(reply);
    expect(verdicts).toMatchObject([{ verdict: { passed, judgement } }]);
    expect(verdicts[0]?.verdict.issues.some(({ code }) => code === "judge")).toBe(!passed);
    expect(end.outcome).toBe("completed");
  });

  test("is not asked about a text that the first has rejected, nor about one that is too long", async () => {
    expect((await judged("never", [empty])).prompts).toEqual([]);
    const { model, prompts } = judgeOf("never");
    const { agent } = speaker([good], { gate: "annotate", judge: { model } });
    const { verdicts } = await answer(agent, { qualityJudgeTextCharactersMax: good.length });
    expect(prompts).toEqual([]);
    expect(verdicts).toMatchObject([{ verdict: { passed: true, judgement: { outcome: "skipped" } } }]);
  });

  test("is asked once, whatever becomes of it, and what it cost counts with the run", async () => {
    expect((await judged("fails")).prompts).toHaveLength(1);
    const { end, prompts } = await judged('{"accept": true, "reason": "fine"}');
    expect(prompts).toHaveLength(1);
    expect(end.usage).toMatchObject({ inputTokens: 120, outputTokens: 9 });
  });

  test("that rejects under block fails the run with its reason, after as many revisions as are allowed", async () => {
    const { model, prompts } = judgeOf('{"accept": false, "reason": "wrong room"}');
    const { agent } = speaker([good, good], { gate: "block", revisionsMax: 1, judge: { model } });
    const { verdicts, end } = await answer(agent);
    expect(prompts).toHaveLength(2);
    expect(verdicts.map(({ verdict }) => verdict.passed)).toEqual([false, false]);
    expect(end).toMatchObject({ outcome: "failed", error: { message: expect.stringContaining("wrong room") } });
  });

  test("gets question and answer as quoted material", async () => {
    const { prompts } = await judged('{"accept": true, "reason": "fine"}');
    expect(prompts).toHaveLength(1);
    expect(prompts[0]).toContain(JSON.stringify(JSON.stringify(good)).slice(3, -3));
  });
});
