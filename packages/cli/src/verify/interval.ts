/** The exact (Clopper–Pearson) interval of a proportion. Nothing is approximated: with few failures approximations flatter. */

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Share of the probability that the interval leaves out, half of it on either side. */
const outside = 0.05;

/** The 95 % interval of the success rate after `failures` in `trials`; 0 to 1 when nothing was tried. */
export function exactInterval(failures: number, trials: number): Interval {
  if (trials === 0) return { lower: 0, upper: 1 };
  // The rate of failures is where so few, or so many, of them would be just improbable enough.
  const highest = failures === trials ? 1 : rateWhere(failures, trials, outside / 2);
  const lowest = failures === 0 ? 0 : rateWhere(failures - 1, trials, 1 - outside / 2);
  return { lower: 1 - highest, upper: 1 - lowest };
}

/** The fewest trials with at most `failures` whose interval begins at `line` or above. */
export function trialsToClaim(line: number, failures = 0): number {
  let low = failures;
  let high = failures + 1;
  while (exactInterval(failures, high).lower < line) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (exactInterval(failures, middle).lower < line) low = middle;
    else high = middle;
  }
  return high;
}

/** The rate at which `failuresMax` or fewer failures have the given probability. */
function rateWhere(failuresMax: number, trials: number, probability: number): number {
  let low = 0;
  let high = 1;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (atMost(failuresMax, trials, middle) > probability) low = middle;
    else high = middle;
  }
}

/** Probability of `failuresMax` or fewer failures at a rate; in logarithms, since the terms of many trials underflow. */
function atMost(failuresMax: number, trials: number, rate: number): number {
  const odds = Math.log(rate) - Math.log1p(-rate);
  let term = trials * Math.log1p(-rate);
  let sum = Math.exp(term);
  for (let count = 1; count <= failuresMax; count += 1) {
    term += Math.log((trials - count + 1) / count) + odds;
    sum += Math.exp(term);
  }
  return sum;
}
