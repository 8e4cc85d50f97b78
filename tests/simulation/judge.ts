import { checkHistory } from "./checker.ts";
import type { Plan } from "./plan.ts";
import { type History, simulate } from "./world.ts";

/** What is wrong with a history. Invariants are those of the design, by number; 0: the world itself broke down. */
export interface Finding {
  readonly invariant: number;
  readonly rule: string;
  readonly message: string;
  readonly at: number;
}

/** Lives through a plan and says what was wrong. */
export async function judge(plan: Plan): Promise<{ readonly history: History; readonly findings: readonly Finding[] }> {
  const history = await simulate(plan);
  const mistakes = history.mistakes.map((mistake) => ({ invariant: 0, ...mistake }));
  return { history, findings: [...mistakes, ...checkHistory(history.observations)] };
}
