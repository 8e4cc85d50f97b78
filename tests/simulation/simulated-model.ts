/** A language model of the AI SDK that answers as the message's script says, one model step for each round of calls. */
import type { StepModel } from "../../packages/server/src/runs/model/model-step.ts";
import type { Script, ScriptStep } from "./plan.ts";

type LanguageModel = Extract<StepModel, { readonly specificationVersion: "v4" }>;
type CallOptions = Parameters<LanguageModel["doStream"]>[0];
type GenerateResult = Awaited<ReturnType<LanguageModel["doGenerate"]>>;
type StreamResult = Awaited<ReturnType<LanguageModel["doStream"]>>;
type StreamPart = StreamResult["stream"] extends ReadableStream<infer Part> ? Part : never;

export interface SimulatedModelOptions {
  readonly script: Script;
  /** Whose words these are. */
  readonly canary: string;
  /** The model was asked for this step of the run, counted from 1. */
  onCall(step: number): void;
  /** Rejects when the signal aborts. */
  wait(forMs: number, signal: AbortSignal | undefined): Promise<void>;
}

export class SimulatedModel implements LanguageModel {
  readonly specificationVersion = "v4";
  readonly provider = "throughline.simulated";
  readonly modelId = "simulated";
  readonly supportedUrls = {};
  readonly #options: SimulatedModelOptions;

  constructor(options: SimulatedModelOptions) {
    this.#options = options;
  }

  doGenerate(): Promise<GenerateResult> {
    return Promise.reject(new Error("the simulated model only streams"));
  }

  async doStream({ prompt, abortSignal }: CallOptions): Promise<StreamResult> {
    const asked = prompt.findLastIndex(({ role }) => role === "user");
    const before = prompt.slice(asked).filter(({ role }) => role === "assistant").length;
    this.#options.onCall(before + 1);
    const parts = this.#parts(roundsOf(this.#options.script)[before] ?? [], before, abortSignal);
    return {
      stream: new ReadableStream<StreamPart>({
        async pull(controller) {
          const { done, value } = await parts.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          await parts.return(undefined);
        },
      }),
    };
  }

  async *#parts(
    round: readonly ScriptStep[],
    number: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StreamPart, undefined> {
    const { canary, wait } = this.#options;
    yield { type: "stream-start", warnings: [] };
    let calls = 0;
    for (const [index, step] of round.entries()) {
      const id = `${number}-${index}`;
      if (step.do === "wait") await wait(step.forMs, signal);
      else if (step.do === "think") {
        yield { type: "reasoning-start", id };
        yield { type: "reasoning-delta", id, delta: `${canary} thinks` };
        yield { type: "reasoning-end", id };
      } else if (step.do === "say") {
        yield { type: "text-start", id };
        for (let piece = 0; piece < step.pieces; piece += 1) {
          await wait(step.everyMs, signal);
          yield { type: "text-delta", id, delta: `${canary} says ${id}.${piece}. ` };
        }
        if (step.ending === "hang") await wait(Number.POSITIVE_INFINITY, signal);
        if (step.ending === "fail") throw new Error("the model failed");
        if (step.ending === "cut") return undefined;
        yield { type: "text-end", id };
      } else {
        for (const { tool, ...input } of step.calls) {
          calls += 1;
          yield { type: "tool-call", toolCallId: `${id}-${calls}`, toolName: tool, input: JSON.stringify(input) };
        }
      }
    }
    yield {
      type: "finish",
      finishReason: { unified: calls > 0 ? "tool-calls" : "stop", raw: undefined },
      usage: {
        inputTokens: { total: 1, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: 1, text: undefined, reasoning: undefined },
      },
    };
    return undefined;
  }
}

/** What each model call says: up to the next tool calls, and the rest. */
function roundsOf(script: Script): ScriptStep[][] {
  const rounds: ScriptStep[][] = [[]];
  for (const step of script) {
    rounds.at(-1)?.push(step);
    if (step.do === "call") rounds.push([]);
  }
  return rounds;
}
