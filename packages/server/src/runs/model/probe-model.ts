import type { Clock } from "../../base/clock.ts";
import { type StepModel, streamModelStep } from "./model-step.ts";

/** A model that is loaded into memory first may be silent for this long; whoever checks it does not want to wait longer. */
const idleTimeoutMs = 30_000;

/**
 * Asks a model for one word in the way a run would, so that address, key and model name are all put to the test. Resolves
 * with what went wrong, for people; undefined when it answers.
 */
export async function probeModel(model: StepModel, clock: Clock): Promise<string | undefined> {
  const step = await streamModelStep({
    model,
    instructions: "",
    messages: [{ role: "user", text: "Answer with the one word: ready" }],
    tools: [],
    signal: new AbortController().signal,
    idleTimeoutMs,
    clock,
    onText: () => undefined,
    onReasoning: () => undefined,
  });
  return step.kind === "failed" ? step.message : undefined;
}
