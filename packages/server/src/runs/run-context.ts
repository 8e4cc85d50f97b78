import {
  type EventData,
  type JsonValue,
  joinStepTexts,
  type Limits,
  type MessageId,
  type RunId,
  type ThreadId,
  type Usage,
  type UserId,
} from "@throughline/protocol";
import type { Clock } from "../base/clock.ts";
import type { ToolResult } from "../tools/tool.ts";
import type { ToolScope } from "../tools/tool-scope.ts";
import { type ConversationMessage, RunFailure, type StepScope, UnparsedInput } from "./agent.ts";
import { DeltaWriter } from "./delta-writer.ts";
import type { JudgedRun } from "./quality-gate.ts";
import { firstOpenStep, type RunHistory } from "./run-history.ts";
import type { RunWriter } from "./run-writer.ts";

/** The durable primitives of one attempt, over what earlier attempts have recorded. */
export class RunContext implements JudgedRun {
  readonly userId: UserId;
  readonly threadId: ThreadId;
  readonly runId: RunId;
  readonly message: { readonly messageId: MessageId; readonly text: string };
  readonly signal: AbortSignal;
  readonly conversation: () => Promise<readonly ConversationMessage[]>;
  usage: Usage | undefined;
  /** By round; those of earlier attempts are there at once. */
  readonly verdicts: Map<number, EventData["quality_verdict"]>;
  readonly #writer: RunWriter;
  readonly #tools: ToolScope;
  readonly #history: RunHistory;
  readonly #clock: Clock;
  readonly #limits: Limits;
  /** Texts of the steps that devices show now, in order; those that an earlier attempt has recorded are there at once. */
  readonly #texts = new Map<number, string>();
  #step = 0;
  /** Calls of the current step so far; the second half of a call's place. */
  #ordinal = 0;
  /** Whether `delta` adds to the current step; otherwise it begins one. */
  #takesDeltas = false;
  /** The text of the current step, once it has some. */
  #open: DeltaWriter | undefined;
  #characters = 0;

  constructor(options: {
    readonly run: { readonly userId: UserId; readonly threadId: ThreadId; readonly runId: RunId };
    readonly signal: AbortSignal;
    readonly writer: RunWriter;
    readonly tools: ToolScope;
    readonly history: RunHistory;
    readonly clock: Clock;
    readonly limits: Limits;
    conversation(): Promise<readonly ConversationMessage[]>;
  }) {
    this.userId = options.run.userId;
    this.threadId = options.run.threadId;
    this.runId = options.run.runId;
    this.message = options.history.message;
    this.signal = options.signal;
    this.conversation = options.conversation;
    this.#writer = options.writer;
    this.#tools = options.tools;
    this.#history = options.history;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.verdicts = new Map(options.history.verdicts);
    const { texts } = options.history;
    for (let step = 1; step < firstOpenStep(options.history); step += 1) this.#texts.set(step, texts.get(step) ?? "");
  }

  /** The answer so far: the text of all steps. */
  get text(): string {
    if (this.#open !== undefined) this.#texts.set(this.#step, this.#open.text);
    return joinStepTexts([...this.#texts.values()]);
  }

  async step<Result>(work: (scope: StepScope) => Promise<Result>): Promise<Result> {
    await this.#closeOpen();
    const step = this.#nextStep();
    const recorded = this.#history.records.get(step);
    if (recorded !== undefined) {
      this.#texts.set(step, recorded.text);
      // Taking the run over voided it on every device when a step before it was not recorded; it is said again.
      if (recorded.text !== this.#history.texts.get(step) || step >= firstOpenStep(this.#history)) {
        const { text, result } = recorded;
        await this.#writer.append([{ type: "agent_delta", data: { step, offset: 0, text }, private: { result } }]);
      }
      return recorded.result as Result;
    }
    await this.#begin(step, undefined);
    const deltas = this.#openStep(step);
    const result = await work({
      step,
      delta: (text) => this.#write(deltas, text),
      thinking: (text) => this.#begin(step, text),
    });
    this.#texts.set(step, deltas.text);
    this.#open = undefined;
    this.#takesDeltas = false;
    await deltas.close({ result: (result ?? null) as JsonValue });
    return result;
  }

  thinking(text?: string): Promise<void> {
    return this.#open === undefined ? this.#think(text) : this.#closeOpen().then(() => this.#think(text));
  }

  #think(text: string | undefined): Promise<void> {
    this.#takesDeltas = true;
    try {
      return this.#begin(this.#nextStep(), text);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  delta(text: string): void {
    if (!this.#takesDeltas) {
      this.#takesDeltas = true;
      // Not awaited, as `delta` is not: the deltas come after it in the feed, and a failure shows when the step closes.
      void this.#begin(this.#nextStep(), undefined).catch(() => undefined);
    }
    this.#write(this.#open ?? this.#openStep(this.#step), text);
  }

  async tool(name: string, input: JsonValue | UnparsedInput): Promise<ToolResult & { readonly callId: string }> {
    this.#ordinal += 1;
    const place = `${this.#step}.${this.#ordinal}`;
    // What was said before the call comes before it in the feed.
    await this.#closeOpen();
    this.signal.throwIfAborted();
    const given = input instanceof UnparsedInput ? { invalid: input.text } : { value: input };
    return this.#tools.call({ place, tool: name, input: given });
  }

  addUsage(usage: Usage): void {
    this.usage = {
      inputTokens: (this.usage?.inputTokens ?? 0) + (usage.inputTokens ?? 0),
      outputTokens: (this.usage?.outputTokens ?? 0) + (usage.outputTokens ?? 0),
    };
  }

  async verdict(
    round: number,
    make: () => Promise<EventData["quality_verdict"]>,
  ): Promise<EventData["quality_verdict"]> {
    const known = this.verdicts.get(round);
    if (known !== undefined) return known;
    const data = await make();
    await this.#writer.append([{ type: "quality_verdict", data }]);
    this.verdicts.set(round, data);
    return data;
  }

  /** Makes durable what was written. */
  async finish(): Promise<void> {
    await this.#closeOpen();
  }

  #nextStep(): number {
    if (this.#step >= this.#limits.stepsPerRunMax) {
      throw new RunFailure(
        "too_many_steps",
        `unable to go on; the run has reached stepsPerRunMax ${this.#limits.stepsPerRunMax}`,
      );
    }
    this.#step += 1;
    this.#ordinal = 0;
    return this.#step;
  }

  #begin(step: number, text: string | undefined): Promise<void> {
    return this.#writer.append([{ type: "agent_thinking", data: text === undefined ? { step } : { step, text } }]);
  }

  #openStep(step: number): DeltaWriter {
    const deltas = new DeltaWriter({
      step,
      clock: this.#clock,
      limits: this.#limits,
      append: (events) => this.#writer.append(events),
    });
    this.#open = deltas;
    return deltas;
  }

  #write(deltas: DeltaWriter, text: string): void {
    this.#characters += text.length;
    const { answerCharactersMax } = this.#limits;
    if (this.#characters > answerCharactersMax) {
      throw new RunFailure(
        "answer_too_large",
        `unable to go on; the answer exceeds answerCharactersMax ${answerCharactersMax}`,
      );
    }
    deltas.write(text);
  }

  async #closeOpen(): Promise<void> {
    this.#takesDeltas = false;
    const open = this.#open;
    if (open === undefined) return;
    this.#texts.set(this.#step, open.text);
    this.#open = undefined;
    await open.close();
  }
}
