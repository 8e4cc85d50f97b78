/** A promise that a history breaks. */
export interface Violation {
  /** Number of the invariant in section 2 of the design. */
  readonly invariant: number;
  /** Short name of what was broken; the same for every history that breaks it. */
  readonly rule: string;
  readonly message: string;
  /** Virtual time of the newest observation that shows it. */
  readonly at: number;
  /** Indices of the observations that show it. */
  readonly observations: readonly number[];
}

/** A violation as a check finds it: when it happened follows from what shows it. */
export type Finding = Omit<Violation, "at">;

export function finding(
  invariant: number,
  rule: string,
  message: string,
  ...observations: readonly (number | undefined)[]
): Finding {
  return { invariant, rule, message, observations: observations.filter((index) => index !== undefined) };
}
