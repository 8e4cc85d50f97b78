import * as chrono from "chrono-node";
import { z } from "zod";
import { type AnyTool, defineTool, ToolFailure } from "../tool.ts";
import { nearestPlaces, timeZoneOf } from "./time-zones.ts";

const placeCharactersMax = 100;
const textCharactersMax = 500;
const dayMs = 86_400_000;

interface LocalTime {
  /** YYYY-MM-DD */
  readonly date: string;
  /** HH:MM */
  readonly time: string;
  readonly weekday: string;
  /** From UTC, such as +09:00. */
  readonly offset: string;
}

const localTime = { date: z.string(), time: z.string(), weekday: z.string(), offset: z.string() };

const worldClock = defineTool({
  name: "world_clock",
  description: "Tells the current date and time in a place: a city, a country with one time zone, or an IANA zone.",
  input: z.strictObject({ place: z.string().min(1).max(placeCharactersMax) }),
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
    "Understands a date in English words, such as `next friday at 5pm` or `in 3 weeks`, relative to now. Returns the date and how many days away it is.",
  input: z.strictObject({
    text: z.string().min(1).max(textCharactersMax),
    timeZone: z.string().max(placeCharactersMax).optional(),
  }),
  output: z.object({
    text: z.string(),
    zone: z.string(),
    instant: z.string(),
    ...localTime,
    hasTime: z.boolean(),
    daysFromToday: z.number(),
  }),
  once: "idempotent",
  async execute({ text, timeZone }, { clock }) {
    const zone = timeZone === undefined ? "UTC" : zoneOf(timeZone);
    const now = clock.now();
    const reference = { instant: new Date(now), timezone: offsetMinutes(zone, now) };
    const [found] = chrono.parse(text, reference, { forwardDate: true });
    if (found === undefined) throw new ToolFailure(`unable to find a date in "${text}"`);
    const at = found.start.date().getTime();
    const local = localTimeIn(zone, at);
    const daysFromToday = Math.round((Date.parse(local.date) - Date.parse(localTimeIn(zone, now).date)) / dayMs);
    const hasTime = found.start.isCertain("hour");
    return { text: found.text, zone, instant: new Date(at).toISOString(), ...local, hasTime, daysFromToday };
  },
});

export const timeTools: readonly AnyTool[] = [worldClock, parseDate];

function zoneOf(place: string): string {
  const zone = timeZoneOf(place);
  if (zone !== undefined) return zone;
  const near = nearestPlaces(place);
  throw new ToolFailure(`unable to find "${place}"${near.length > 0 ? `; known are ${near.join(", ")}` : ""}`);
}

function localTimeIn(zone: string, milliseconds: number): LocalTime {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    weekday: "long",
    hourCycle: "h23",
    timeZoneName: "longOffset",
  });
  const parts = Object.fromEntries(format.formatToParts(milliseconds).map(({ type, value }) => [type, value]));
  return {
    date: `${parts.year}-${parts.month}-${parts.day}`,
    time: `${parts.hour}:${parts.minute}`,
    weekday: parts.weekday ?? "",
    offset: (parts.timeZoneName ?? "").replace("GMT", "") || "+00:00",
  };
}

function offsetMinutes(zone: string, milliseconds: number): number {
  const match = /^([+-])(\d\d):(\d\d)/.exec(localTimeIn(zone, milliseconds).offset);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === "-" ? -minutes : minutes;
}
