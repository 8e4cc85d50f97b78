import { type Target, unresolved } from "./target.ts";

/** What is known of a name: what it means, or, while that is being found out, how many others were before it. */
export type Known = Target | number;

/** More answers than this may hang on one circle before they are taken as they are: every way through it would be walked. */
const provisionalMax = 1_000;

/**
 * Finds out each name once. Names that get their values from each other are nobody's, as far as the circle goes: an answer that was
 * given while another name of its circle was still open holds for that question only, so that none of them is without a meaning
 * because another one was asked for first. Where names of a circle are given different values, the first of the one asked for counts.
 */
export class Circles {
  #open = 0;
  /** The outermost open name that the answer being made depends on. */
  #outermost = Number.POSITIVE_INFINITY;
  #provisional = 0;

  once<Key>(known: Map<Key, Known>, key: Key, find: () => Target): Target {
    const before = known.get(key);
    if (typeof before === "object") return before;
    if (before !== undefined) {
      this.#outermost = Math.min(this.#outermost, before);
      return unresolved;
    }
    const place = this.#open;
    const outermost = this.#outermost;
    if (place === 0) this.#provisional = 0;
    this.#open += 1;
    this.#outermost = Number.POSITIVE_INFINITY;
    known.set(key, place);
    const target = find();
    this.#open -= 1;
    const isSettled = this.#outermost >= place;
    if (isSettled || this.#provisional >= provisionalMax) known.set(key, target);
    else known.delete(key);
    if (isSettled) this.#outermost = outermost;
    else {
      this.#provisional += 1;
      this.#outermost = Math.min(this.#outermost, outermost);
    }
    return target;
  }

  /** The answer being made is cut off: it holds only for who asks from so far away. */
  giveUp(): void {
    this.#outermost = -1;
  }
}
