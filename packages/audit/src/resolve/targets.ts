import { type Target, unresolved } from "./target.ts";

/** What uses of a file were found to mean; of most that is nothing, which takes no more than a byte. */
export class Targets {
  readonly #isUnresolved: Uint8Array;
  readonly #found = new Map<number, Target>();

  constructor(useCount: number) {
    this.#isUnresolved = new Uint8Array(useCount);
  }

  /** Undefined when nobody has found it out. */
  get(use: number): Target | undefined {
    return this.#isUnresolved[use] === 1 ? unresolved : this.#found.get(use);
  }

  set(use: number, target: Target): void {
    if (target.kind === "unresolved") this.#isUnresolved[use] = 1;
    else this.#found.set(use, target);
  }
}
