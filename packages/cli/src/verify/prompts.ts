/** What test users say, which depends on who answers, and what is to be expected of the answer. */
import type { SeenEvent } from "./wire.ts";

export interface Prompt {
  readonly text: string;
  /** Whether a tool has to be called for it, so that five lifecycle events have to be seen. */
  readonly asksForTool: boolean;
  /** What is wrong with an answer; undefined when nothing is, or nobody can know. */
  readonly judge: (answer: string, events: readonly SeenEvent[]) => string | undefined;
}

export interface Prompts {
  /** For people, before "answers". */
  readonly describes: string;
  /** Whether the answers cost nothing, so that many may be asked for. */
  readonly isFree: boolean;
  /** Whether it is known to keep notes. */
  readonly hasNotes: boolean;
  /** Every prompt of one user holds that user's canary. `number` makes prompts differ. */
  short(canary: string, number: number): Prompt;
  /** Takes long enough that something can happen in mid-answer. */
  long(canary: string, number: number): Prompt;
}

/** Undefined when the answer is to be cut off, or nobody knows what it should be. */
const anything = (answer: string) => (answer.trim() === "" ? "the answer is empty" : undefined);

/** Throughline's local assistant: it calculates, and counts slowly enough to be interrupted. */
const localPrompts: Prompts = {
  describes: "the local assistant",
  isFree: true,
  hasNotes: true,
  short: (canary, number) => ({
    text: `what is ${number} * 7? ${canary}`,
    asksForTool: true,
    judge: (answer) =>
      answer.includes(`**${number * 7}**`) && answer.includes(canary) ? undefined : `the answer is "${answer}"`,
  }),
  long: (canary) => ({
    text: `count to 120? ${canary}`,
    asksForTool: false,
    judge: (answer) => (answer === `${countTo(120).join(", ")}.` ? undefined : `the answer is "${answer}"`),
  }),
};

function countTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

/** An agent of which nothing is known, asked what it was asked to be asked. */
function givenPrompts(prompt: string): Prompts {
  const ask = (canary: string): Prompt => ({ text: `${prompt}\n(${canary})`, asksForTool: true, judge: anything });
  return { describes: "whatever the given prompt is for", isFree: false, hasNotes: false, short: ask, long: ask };
}

const unknownPrompts: Prompts = {
  describes: "an agent of its own",
  isFree: false,
  hasNotes: false,
  short: (canary) => ({ text: `Say hello. (${canary})`, asksForTool: false, judge: anything }),
  long: (canary) => ({
    text: `Count from 1 to 60, in words, one on each line. (${canary})`,
    asksForTool: false,
    judge: anything,
  }),
};

/** `description` is what the deployment says about its model. */
export function choosePrompts(prompt: string | undefined, description: unknown): Prompts {
  if (prompt !== undefined) return givenPrompts(prompt);
  return /\blocal assistant\b/.test(String(description)) ? localPrompts : unknownPrompts;
}
