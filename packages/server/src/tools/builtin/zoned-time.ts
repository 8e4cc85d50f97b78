/** From instants to what the clocks of a zone show, and back. Zones are names that `Intl` knows. */

export interface LocalTime {
  /** YYYY-MM-DD */
  readonly date: string;
  /** HH:MM, from 00:00 to 23:59 */
  readonly time: string;
  readonly weekday: string;
  /** From UTC, such as +09:00. */
  readonly offset: string;
}

/** `milliseconds` since the Unix epoch, of the years 1 to 9999. */
export function localTimeIn(zone: string, milliseconds: number): LocalTime {
  const offset = offsetMinutesIn(zone, milliseconds);
  // The clocks of the zone, as if they were those of UTC.
  const shown = new Date(milliseconds + offset * msPerMinute).toISOString();
  const weekday = new Intl.DateTimeFormat("en", { timeZone: zone, weekday: "long" }).format(milliseconds);
  return { date: shown.slice(0, 10), time: shown.slice(11, 16), weekday, offset: offsetText(offset) };
}

/** Minutes that the clocks of the zone are ahead of UTC at that instant. */
export function offsetMinutesIn(zone: string, milliseconds: number): number {
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  const name = format.formatToParts(milliseconds).find((part) => part.type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === "-" ? -offset : offset;
}

/**
 * The instant at which the clocks of the zone show `shown`, which is given as if they were those of UTC. A time that the
 * clocks show twice is the first of the two; one that they skip is as much later as they skip.
 */
export function instantOf(zone: string, shown: number): number {
  // Offsets change by hours, at most a few times a year: those of a day before and after hold the one that is right.
  const before = shown - offsetMinutesIn(zone, shown - msPerDay) * msPerMinute;
  const after = shown - offsetMinutesIn(zone, shown + msPerDay) * msPerMinute;
  const shows = (instant: number) => instant + offsetMinutesIn(zone, instant) * msPerMinute === shown;
  return !shows(before) && shows(after) ? after : before;
}

function offsetText(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.trunc(absolute / 60))}:${two(absolute % 60)}`;
}

const msPerMinute = 60_000;
const msPerDay = 86_400_000;
