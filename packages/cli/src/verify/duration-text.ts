/** Milliseconds for people, without their unit; a dash when there are none. */
export function ms(value: number | undefined): string {
  if (value === undefined) return "–";
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

/** Milliseconds as seconds, with their unit. */
export function seconds(value: number): string {
  return `${(value / 1_000).toFixed(1)} s`;
}
