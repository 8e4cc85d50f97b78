/** What `verify` says to the agent of its own child process, and what that agent has to answer. */
import type { Prompts } from "./prompts.ts";
import type { SeenEvent } from "./wire.ts";

export interface Wish {
  readonly canary: string;
  /** Words of the answer, one about every `wordIntervalMs`. */
  readonly words: number;
}

export const wordIntervalMs = 12;
/** The tool that writes a line into a file outside; at most once for each call. */
export const effectTool = "write_effect";

export function readWish(text: string): Wish {
  const { canary, words } = JSON.parse(text) as Wish;
  return { canary, words };
}

/** One word of the answer after another; the outcome of the tool call comes first. */
export function answerWords({ canary, words }: Wish, outcome: string): readonly string[] {
  const counted = Array.from({ length: words }, (_, index) => String(index + 1));
  return [`effect ${outcome}`, ...counted, canary];
}

export const wishPrompts: Prompts = {
  describes: "an agent with a tool that writes to a file",
  isFree: true,
  hasNotes: false,
  short: (canary) => promptOf({ canary, words: 8 }),
  long: (canary) => promptOf({ canary, words: 60 }),
};

function promptOf(wish: Wish): ReturnType<Prompts["short"]> {
  return {
    text: JSON.stringify(wish),
    asksForTool: true,
    judge: (answer, events) => {
      const expected = `I call ${effectTool}.\n\n${answerWords(wish, outcomeOf(events)).join(" ")}`;
      return answer === expected ? undefined : `the answer is "${answer}" and not "${expected}"`;
    },
  };
}

function outcomeOf(events: readonly SeenEvent[]): string {
  return String(events.find(({ type }) => type === "tool_completed")?.data.outcome);
}
