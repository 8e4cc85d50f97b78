/** Is it a day that there is, as `YYYY-MM-DD`? */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  // `Date` takes 31 February for 3 March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
