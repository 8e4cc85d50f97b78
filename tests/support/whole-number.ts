/** A whole number of a command line. Ends the process with 2 for anything else: a proof of nothing must not look like one. */
export function wholeNumber(name: string, text: string, min: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min) return value;
  console.error(`unable to use --${name} ${text}; it is a whole number from ${min}`);
  process.exit(2);
}
