/** The known names that someone who wrote `name` most likely meant, best first; those that are too far off are left out. */
export function nearestNames(name: string, known: Iterable<string>, countMax = 3): string[] {
  const wanted = name.toLowerCase();
  const scored: { name: string; distance: number }[] = [];
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance <= Math.max(2, Math.ceil(candidate.length / 2))) scored.push({ name: candidate, distance });
  }
  scored.sort((left, right) => left.distance - right.distance || (left.name < right.name ? -1 : 1));
  return scored.slice(0, countMax).map((entry) => entry.name);
}

/** Levenshtein distance in one row; `left` is cut so that hostile names cost nothing. */
function editDistance(left: string, right: string): number {
  const text = left.slice(0, 64);
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= text.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const substitution = (row[j - 1] as number) + (text[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[right.length] as number;
}
