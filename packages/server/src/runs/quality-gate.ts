import {
  type ContentType,
  type EventData,
  type JsonValue,
  joinStepTexts,
  type Limits,
  type QualityJudgement,
  type QualityVerdict,
  type ToolOutcome,
} from "@throughline/protocol";
import type { Clock } from "../base/clock.ts";
import { scoreText } from "../quality/score-text.ts";
import {
  type Agent,
  type AgentRun,
  type ConversationMessage,
  RunFailure,
  type StepScope,
  type UnparsedInput,
} from "./agent.ts";
import { judgeText } from "./judge-text.ts";
import type { StepModel } from "./model/model-step.ts";

/** What an agent's answers have to be like. */
export interface QualityGate {
  /**
   * `off`: nothing is judged. `annotate`: an answer is judged when it is complete. `block`: an answer is withheld until it
   * has passed; one that does not is revised, and if no revision passes the run fails with `quality_rejected`.
   */
  readonly gate: "off" | "annotate" | "block";
  /** Default `general`. */
  readonly contentType?: ContentType;
  /** Every minimum a fifth higher, every maximum a fifth lower. Default false. */
  readonly strict?: boolean;
  /** With `block`: how often the agent may revise. Default 1, at most `qualityRevisionsMax`. */
  readonly revisionsMax?: number;
  /** A second judge, asked about texts that pass the first: a language model. Costs a model call for each of them. */
  readonly judge?: { readonly model: StepModel };
}

/** What the gate needs of a run besides what an agent does. */
export interface JudgedRun extends AgentRun {
  /** The answer so far. */
  readonly text: string;
  /** Makes what was written durable. */
  finish(): Promise<void>;
  /** Stores a verdict, or returns the one that an earlier attempt has stored. */
  verdict(round: number, make: () => Promise<EventData["quality_verdict"]>): Promise<EventData["quality_verdict"]>;
}

export interface GateParts {
  readonly clock: Clock;
  readonly limits: Limits;
}

/** Lets the agent answer through its gate; resolves with the answer. */
export async function answerThroughGate(agent: Agent, run: JudgedRun, parts: GateParts): Promise<string> {
  const { quality } = agent;
  if (quality === undefined || quality.gate === "off") {
    const returned = await agent.run(run);
    await run.finish();
    return returned ?? run.text;
  }
  return quality.gate === "annotate" ? annotated(agent, quality, run, parts) : blocked(agent, quality, run, parts);
}

async function annotated(agent: Agent, quality: QualityGate, run: JudgedRun, parts: GateParts): Promise<string> {
  const watched = new WatchedRun(run);
  const returned = await agent.run(watched);
  await run.finish();
  const text = returned ?? run.text;
  await judge(quality, { round: 1, text, hasSources: watched.hasSources, run }, parts);
  return text;
}

async function blocked(agent: Agent, quality: QualityGate, run: JudgedRun, parts: GateParts): Promise<string> {
  const roundsMax = 1 + Math.min(quality.revisionsMax ?? 1, parts.limits.qualityRevisionsMax);
  const rejected: Rejected[] = [];
  let hasSources = false;
  for (let round = 1; ; round += 1) {
    const withheld = new WithheldRun(run, rejected, parts.limits.answerCharactersMax);
    const returned = await agent.run(withheld);
    const text = returned ?? withheld.text;
    hasSources ||= withheld.hasSources;
    const verdict = await judge(quality, { round, text, hasSources, run }, parts);
    if (verdict.passed) {
      if (text !== "") run.delta(text);
      await run.finish();
      return text;
    }
    if (round >= roundsMax) {
      const reasons = verdict.issues.map(({ message }) => message).join("; ");
      throw new RunFailure("quality_rejected", `the answer was withheld: ${reasons}`);
    }
    rejected.push({ text, verdict });
  }
}

interface ToJudge {
  readonly round: number;
  readonly text: string;
  /** A tool has returned something: figures come from somewhere. */
  readonly hasSources: boolean;
  readonly run: JudgedRun;
}

async function judge(
  { gate, contentType = "general", strict = false, judge: second }: QualityGate,
  { round, text, hasSources, run }: ToJudge,
  { clock, limits }: GateParts,
): Promise<QualityVerdict> {
  const stored = await run.verdict(round, async () => {
    const question = run.message.text;
    const first = scoreText({ text, contentType, strict, question, hasSources });
    const asked = second !== undefined && first.passed;
    const verdict = asked
      ? withJudgement(
          first,
          await judgeText({
            ...{ ...second, text, question, contentType, signal: run.signal, clock, limits },
            onUsage: (usage) => run.addUsage(usage),
          }),
        )
      : first;
    return { round, gate: gate === "block" ? "block" : "annotate", verdict };
  });
  return stored.verdict;
}

function withJudgement(verdict: QualityVerdict, judgement: QualityJudgement): QualityVerdict {
  if (judgement.outcome !== "rejected") return { ...verdict, judgement };
  const issues = [...verdict.issues, { code: "judge", message: judgement.reason } as const];
  return { ...verdict, passed: false, issues, judgement };
}

interface Rejected {
  readonly text: string;
  readonly verdict: QualityVerdict;
}

/** Passes everything on, and notices whether a tool has returned something. */
class WatchedRun implements AgentRun {
  readonly run: AgentRun;
  hasSources = false;

  constructor(run: AgentRun) {
    this.run = run;
  }

  get userId() {
    return this.run.userId;
  }
  get threadId() {
    return this.run.threadId;
  }
  get runId() {
    return this.run.runId;
  }
  get message(): AgentRun["message"] {
    return this.run.message;
  }
  get signal() {
    return this.run.signal;
  }
  conversation(): Promise<readonly ConversationMessage[]> {
    return this.run.conversation();
  }
  step<Result>(work: (scope: StepScope) => Promise<Result>): Promise<Result> {
    return this.run.step(work);
  }
  thinking(text?: string): Promise<void> {
    return this.run.thinking(text);
  }
  delta(text: string): void {
    this.run.delta(text);
  }
  async tool(name: string, input: JsonValue | UnparsedInput) {
    const result = await this.run.tool(name, input);
    const outcome: ToolOutcome = result.outcome;
    this.hasSources ||= outcome === "completed";
    return result;
  }
  addUsage(usage: Parameters<AgentRun["addUsage"]>[0]): void {
    this.run.addUsage(usage);
  }
}

/**
 * Keeps what the agent writes to itself; recorded steps keep it privately, so that a later attempt has it again. After a
 * rejection the agent is asked anew: its answer and what was wrong with it are then the latest part of the conversation.
 */
class WithheldRun extends WatchedRun {
  readonly #rejected: readonly Rejected[];
  readonly #charactersMax: number;
  readonly #texts: string[] = [];
  #open = false;
  #characters = 0;

  constructor(run: AgentRun, rejected: readonly Rejected[], charactersMax: number) {
    super(run);
    this.#rejected = [...rejected];
    this.#charactersMax = charactersMax;
  }

  get text(): string {
    return joinStepTexts(this.#texts);
  }

  override get message(): AgentRun["message"] {
    const newest = this.#rejected.at(-1);
    return newest === undefined ? this.run.message : { ...this.run.message, text: revisionRequest(newest.verdict) };
  }

  override async conversation(): Promise<readonly ConversationMessage[]> {
    const before = await this.run.conversation();
    if (this.#rejected.length === 0) return before;
    const question = { role: "user", text: this.run.message.text } as const;
    const rounds = this.#rejected.flatMap(({ text, verdict }, index): ConversationMessage[] => {
      const answer = { role: "assistant", text, toolCalls: [] } as const;
      // The newest request is the message that is to be answered.
      return index === this.#rejected.length - 1
        ? [answer]
        : [answer, { role: "user", text: revisionRequest(verdict) }];
    });
    return [...before, question, ...rounds];
  }

  override async step<Result>(work: (scope: StepScope) => Promise<Result>): Promise<Result> {
    this.#open = false;
    const { result, text } = await this.run.step(async ({ step, thinking }) => {
      let written = "";
      const done = await work({
        step,
        thinking,
        delta: (piece) => {
          this.#count(piece);
          written += piece;
        },
      });
      return { result: done ?? null, text: written };
    });
    this.#texts.push(text);
    return result as Result;
  }

  override thinking(text?: string): Promise<void> {
    this.#open = false;
    return this.run.thinking(text);
  }

  override delta(text: string): void {
    this.#count(text);
    if (this.#open) this.#texts.push((this.#texts.pop() ?? "") + text);
    else this.#texts.push(text);
    this.#open = true;
  }

  override tool(name: string, input: JsonValue | UnparsedInput) {
    this.#open = false;
    return super.tool(name, input);
  }

  #count(text: string): void {
    this.#characters += text.length;
    if (this.#characters <= this.#charactersMax) return;
    const reason = `the answer exceeds answerCharactersMax ${this.#charactersMax}`;
    throw new RunFailure("answer_too_large", `unable to go on; ${reason}`);
  }
}

function revisionRequest({ issues, suggestions }: QualityVerdict): string {
  return [
    "Your answer was not accepted and has not been shown. What is wrong with it:",
    ...issues.map(({ message }) => `- ${message}`),
    ...(suggestions.length === 0 ? [] : ["What would make it better:", ...suggestions.map((text) => `- ${text}`)]),
    "Answer the question again. Write only the answer.",
  ].join("\n");
}
