/** Understands a date in English words. Whether somebody asked for it, and in which zone, is known elsewhere. */
import * as chrono from "chrono-node";
import { feastParser } from "./feast-parser.ts";
import { instantOf, offsetMinutesIn } from "./zoned-time.ts";

export interface PhraseDate {
  /** Milliseconds since the Unix epoch; a date without a time is at noon, or at the time of now. */
  readonly instant: number;
  /** Whether the words name a time, not only a day. */
  readonly hasTime: boolean;
}

export type DatePhrase =
  | {
      readonly kind: "understood";
      /** The words that name it. */
      readonly text: string;
      readonly start: PhraseDate;
      readonly end: PhraseDate | undefined;
    }
  | { readonly kind: "nothing" }
  /** Dates that could each be meant. */
  | { readonly kind: "several"; readonly texts: readonly string[] }
  /** Words beside the date that may change its meaning: "friday the 13th", "5pm London time". */
  | { readonly kind: "partly"; readonly text: string; readonly rest: string };

/** `now` is what the words are relative to, in milliseconds since the Unix epoch; `zone` is a name that `Intl` knows. */
export function readDatePhrase(phrase: string, { now, zone }: { now: number; zone: string }): DatePhrase {
  // The library's patterns take a time that grows with the square of a run of blanks.
  const text = phrase.replace(/\s+/g, " ").trim();
  const frame = frameOf(now, zone);
  const found = english.parse(text, frame.reference, { forwardDate: !pastWords.test(text) });
  const [first, ...others] = found;
  if (first === undefined) return { kind: "nothing" };
  if (others.length > 0) return { kind: "several", texts: found.map((result) => result.text) };
  const rest = `${text.slice(0, first.index)} ${text.slice(first.index + first.text.length)}`
    .replace(idleWords, " ")
    .replace(/\s+/g, " ")
    .trim();
  if (rest !== "") return { kind: "partly", text: first.text, rest };
  const start = dateOf(first.start, first.text, frame);
  const last = first.end === undefined || first.end === null ? undefined : dateOf(first.end, first.text, frame);
  const end = last !== undefined && last.instant < start.instant ? { ...last, instant: last.instant + msPerDay } : last;
  if (!isSayable(start.instant) || (end !== undefined && !isSayable(end.instant))) return { kind: "nothing" };
  return { kind: "understood", text: first.text, start, end };
}

const msPerDay = 86_400_000;

/** With one of these a date may lie behind us; without one the next is meant. */
const pastWords = /\b(?:last|past|previous|ago|yesterday|earlier|today|this|was|since)\b/i;
/** Words that change nothing about a date, and signs that are none. */
const idleWords = /(?<![\p{L}\p{N}])(?:the|on|at|in|by|of|is|was|it)(?![\p{L}\p{N}])|[\s.,;:!?"'()]+/giu;

interface Frame {
  readonly now: number;
  readonly zone: string;
  /** What the clocks of the zone show now, as if they were those of the machine: the library reckons with the latter. */
  readonly reference: Date;
}

function frameOf(now: number, zone: string): Frame {
  const shown = new Date(now + offsetMinutesIn(zone, now) * 60_000);
  const [year, month, day] = [shown.getUTCFullYear(), shown.getUTCMonth(), shown.getUTCDate()];
  const reference = new Date(year, month, day, shown.getUTCHours(), shown.getUTCMinutes(), shown.getUTCSeconds());
  return { now, zone, reference };
}

function dateOf(components: chrono.ParsedComponents, text: string, { now, zone, reference }: Frame): PhraseDate {
  const hasTime = components.isCertain("hour");
  const isHoursAway = components.tags().has("result/relativeDateAndTime");
  if (components.tags().has("casualReference/now") || (isHoursAway && !relationToDate.test(text))) {
    // A distance in hours is the same on every clock, also when clocks are set differently meanwhile.
    return { instant: now + components.date().getTime() - reference.getTime(), hasTime };
  }
  // Words that name a zone of their own, such as "5pm EST"; without a day the next such time is meant.
  if (components.isCertain("timezoneOffset") && !isHoursAway) {
    const instant = components.date().getTime();
    const hasDay = components.isCertain("day") || components.isCertain("weekday");
    return { instant: hasDay ? instant : now + ((((instant - now) % msPerDay) + msPerDay) % msPerDay), hasTime };
  }
  const part = (component: chrono.Component) => components.get(component) ?? 0;
  const shown = new Date(0);
  shown.setUTCFullYear(part("year"), part("month") - 1, part("day"));
  shown.setUTCHours(part("hour"), part("minute"), part("second"));
  return { instant: instantOf(zone, shown.getTime()), hasTime };
}

/** "2 hours before christmas", and not "2 hours from now". */
const relationToDate = /\b(?:before|after|since|from(?! now))\b/i;

/** Four digits of a year in every zone. */
function isSayable(instant: number): boolean {
  return instant > Date.UTC(1000, 0, 2) && instant < Date.UTC(9999, 11, 30);
}

/**
 * The year of a date without one: the next such day, which may be today. Decided before the library puts "2 days before"
 * and "july 4" together, because then the year is fixed; and it would move today to the next year.
 */
const nextYearRefiner: chrono.Refiner = {
  refine(context, results) {
    const today = new Date(context.refDate).setHours(0, 0, 0, 0);
    for (const { start, end } of context.option.forwardDate ? results : []) {
      if (!start.isCertain("month") || start.isCertain("year")) continue;
      const years = start.date().getTime() < today ? 1 : 0;
      for (const part of [start, end]) part?.assign("year", (part.get("year") ?? 0) + years);
    }
    return results;
  },
};

const english = chrono.casual.clone();
english.refiners.unshift(nextYearRefiner);
english.parsers.push(feastParser);
