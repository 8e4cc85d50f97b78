/** Who calculates when, and for how long. What an expression means, and the process it runs in, are elsewhere. */
import type { Limits, UserId } from "@throughline/protocol";
import type { Clock } from "../../base/clock.ts";
import { orAborted } from "../or-aborted.ts";
import { Semaphore } from "../semaphore.ts";
import { ToolFailure } from "../tool.ts";
import { CalculatorChild } from "./calculator-child.ts";
import type { CalculatorReply, CalculatorRequest } from "./calculator-process.ts";

export type CalculatorLimits = Pick<
  Limits,
  "calculationDurationMsMax" | "calculationHeapBytesMax" | "calculationsPerUserMax" | "calculationsMax"
>;

/** For whom, and for how long somebody waits for it. */
export interface Caller {
  readonly userId: UserId;
  readonly signal: AbortSignal;
}

/** The calculations of one user, which take turns among themselves before they take turns with those of others. */
interface Lane {
  readonly turn: Semaphore;
  calculations: number;
}

/**
 * Calculates in a process of its own that is always warm. One that takes too long or too much memory is killed and
 * replaced; the server and the next calculation do not notice. Users take turns, so that one who asks for many
 * calculations delays each of another user by one.
 */
export class Calculator {
  readonly #clock: Clock;
  readonly #limits: CalculatorLimits;
  readonly #lanes = new Map<UserId, Lane>();
  readonly #turn = new Semaphore(1);
  #calculations = 0;
  #child: CalculatorChild | undefined;
  #closed = false;

  constructor(options: { readonly clock: Clock; readonly limits: CalculatorLimits }) {
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#child = this.#start();
  }

  /** The result as text. Throws a `ToolFailure` when there is none within the limits, and the signal's reason once it aborts. */
  async calculate(request: CalculatorRequest, { userId, signal }: Caller): Promise<string> {
    const { calculationsPerUserMax, calculationsMax } = this.#limits;
    const lane = this.#lanes.get(userId) ?? { turn: new Semaphore(1), calculations: 0 };
    if (lane.calculations >= calculationsPerUserMax) {
      throw unable(`calculationsPerUserMax ${calculationsPerUserMax} are under way`);
    }
    if (this.#calculations >= calculationsMax) throw unable(`calculationsMax ${calculationsMax} are under way`);
    this.#lanes.set(userId, lane);
    lane.calculations += 1;
    this.#calculations += 1;
    try {
      const reply = await lane.turn.use(signal, () => this.#turn.use(signal, () => this.#ask(request, signal)));
      if (!reply.ok) throw unable(reply.reason);
      return reply.result;
    } finally {
      this.#calculations -= 1;
      lane.calculations -= 1;
      if (lane.calculations === 0) this.#lanes.delete(userId);
    }
  }

  /** A calculation that is under way fails. */
  close(): void {
    this.#closed = true;
    this.#child?.kill();
  }

  async #ask(request: CalculatorRequest, signal: AbortSignal): Promise<CalculatorReply> {
    if (this.#closed) throw unable("the calculator is closed");
    this.#child ??= this.#start();
    const child = this.#child;
    await orAborted(child.ready, signal);
    const { calculationDurationMsMax } = this.#limits;
    const late = new AbortController();
    const timer = this.#clock.schedule(calculationDurationMsMax, () => {
      late.abort(unable(`it takes longer than calculationDurationMsMax ${calculationDurationMsMax} ms`));
    });
    try {
      return await orAborted(child.ask(request), AbortSignal.any([signal, late.signal]));
    } catch (error) {
      // Whatever it is busy with, it will not be asked again.
      child.kill();
      if (!this.#closed) this.#child = this.#start();
      throw error;
    } finally {
      timer.cancel();
    }
  }

  #start(): CalculatorChild {
    const child = new CalculatorChild(this.#limits.calculationHeapBytesMax, () => {
      // One that ended while nobody waited for it is replaced when somebody does.
      if (this.#child === child) this.#child = undefined;
    });
    return child;
  }
}

function unable(reason: string): ToolFailure {
  return new ToolFailure(`unable to calculate; ${reason}`);
}
