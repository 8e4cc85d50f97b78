/** Feasts with a fixed day, which the date library does not know by their names. */
import type { Parser } from "chrono-node";

/** Month and day. Feasts that move are left to those who know this year's. */
const feasts: Readonly<Record<string, readonly [number, number]>> = {
  "new year's day": [1, 1],
  "new year": [1, 1],
  "valentine's day": [2, 14],
  "st patrick's day": [3, 17],
  halloween: [10, 31],
  "christmas eve": [12, 24],
  "christmas day": [12, 25],
  christmas: [12, 25],
  xmas: [12, 25],
  "boxing day": [12, 26],
  "new year's eve": [12, 31],
};
// Longer names first: "christmas eve" is not christmas.
const feastNames = Object.keys(feasts).sort((left, right) => right.length - left.length);
const feastPattern = new RegExp(
  String.raw`\b(?:(?<last>last)\s+|(?:next|this)\s+)?(?<feast>${feastNames.join("|").replaceAll("'", "['’]?")})(?:,?\s+(?<year>\d{4}))?\b`,
  "i",
);

export const feastParser: Parser = {
  pattern: () => feastPattern,
  extract(context, match) {
    const { last, feast = "", year } = match.groups ?? {};
    const name = feastNames.find((known) => known.replace("'", "") === feast.toLowerCase().replace(/['’]/, ""));
    const [month, day] = feasts[name ?? ""] ?? [];
    if (month === undefined || day === undefined) return null;
    if (year !== undefined) return { year: Number(year), month, day };
    const today = context.reference.getDateWithAdjustedTimezone();
    const isOver = new Date(today.getFullYear(), month - 1, day + 1) <= today;
    const nextYear = today.getFullYear() + (isOver ? 1 : 0);
    return { year: last === undefined ? nextYear : nextYear - 1, month, day };
  },
};
