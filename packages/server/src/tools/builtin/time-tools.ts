import { z } from "zod";
import { type AnyTool, defineTool, ToolFailure } from "../tool.ts";
import { type PhraseDate, readDatePhrase } from "./date-phrase.ts";
import { findZone } from "./time-zones.ts";
import { localTimeIn } from "./zoned-time.ts";

const placeCharactersMax = 100;
const textCharactersMax = 200;
const msPerDay = 86_400_000;

const localTime = { date: z.string(), time: z.string(), weekday: z.string(), offset: z.string() };
const localDate = { ...localTime, instant: z.string(), hasTime: z.boolean(), daysFromToday: z.number() };

const worldClock = defineTool({
  name: "world_clock",
  description: "Tells the current date and time in a place: a city, a country with one time zone, or an IANA zone.",
  input: z.strictObject({ place: z.string().trim().min(1).max(placeCharactersMax) }),
  output: z.object({ place: z.string(), zone: z.string(), ...localTime }),
  once: "idempotent",
  async execute({ place }, { clock }) {
    const zone = zoneOf(place);
    return { place, zone, ...localTimeIn(zone, clock.now()) };
  },
});

const parseDate = defineTool({
  name: "parse_date",
  description:
    "Understands a date in English words, such as `next friday at 5pm`, `in 3 weeks` or `the day before christmas`, relative to now, in a place or zone if one is given and else in UTC. Returns the date and how many days away it is; of a span also its end.",
  input: z.strictObject({
    text: z.string().trim().min(1).max(textCharactersMax),
    timeZone: z.string().trim().min(1).max(placeCharactersMax).optional(),
  }),
  output: z.object({ text: z.string(), zone: z.string(), ...localDate, end: z.object(localDate).optional() }),
  once: "idempotent",
  async execute({ text, timeZone }, { clock }) {
    const zone = timeZone === undefined ? "UTC" : zoneOf(timeZone);
    const now = clock.now();
    const phrase = readDatePhrase(text, { now, zone });
    switch (phrase.kind) {
      case "nothing":
        throw new ToolFailure(`unable to find a date in "${text}"`);
      case "several":
        throw new ToolFailure(`unable to choose a date; there are ${phrase.texts.map(quoted).join(" and ")}`);
      case "partly":
        throw new ToolFailure(`unable to understand "${phrase.rest}" beside "${phrase.text}"`);
      case "understood": {
        const shown = (date: PhraseDate) => shownDate(date, zone, now);
        const end = phrase.end === undefined ? {} : { end: shown(phrase.end) };
        return { text: phrase.text, zone, ...shown(phrase.start), ...end };
      }
    }
  },
});

export const timeTools: readonly AnyTool[] = [worldClock, parseDate];

function shownDate({ instant, hasTime }: PhraseDate, zone: string, now: number) {
  const local = localTimeIn(zone, instant);
  const daysFromToday = (Date.parse(local.date) - Date.parse(localTimeIn(zone, now).date)) / msPerDay;
  return { ...local, instant: new Date(instant).toISOString(), hasTime, daysFromToday };
}

function zoneOf(place: string): string {
  const found = findZone(place);
  switch (found.kind) {
    case "found":
      return found.zone;
    case "ambiguous":
      throw new ToolFailure(`unable to tell the time in "${place}"; it has several, name a city`);
    case "unknown": {
      const known = found.nearest.length === 0 ? "" : `; known are ${found.nearest.join(", ")}`;
      throw new ToolFailure(`unable to find "${place}"${known}`);
    }
  }
}

function quoted(text: string): string {
  return `"${text}"`;
}
