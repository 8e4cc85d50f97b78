import fc from "fast-check";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { readDatePhrase } from "./date-phrase.ts";
import { localTimeIn } from "./zoned-time.ts";

/** A Monday, 14:05 in Berlin. */
const now = Date.UTC(2026, 10, 23, 13, 5);

/** What the clocks of the zone show then; the time only if the words name one. */
function understood(phrase: string, zone = "UTC", at = now): string {
  const read = readDatePhrase(phrase, { now: at, zone });
  if (read.kind !== "understood") return read.kind;
  const shown = [read.start, ...(read.end === undefined ? [] : [read.end])].map(({ instant, hasTime }) => {
    const { date, time, weekday } = localTimeIn(zone, instant);
    return `${weekday.slice(0, 3)} ${date}${hasTime ? ` ${time}` : ""}`;
  });
  return shown.join(" to ");
}

describe("a date phrase", () => {
  test.each([
    ["today", "Mon 2026-11-23"],
    ["tomorrow", "Tue 2026-11-24"],
    ["yesterday", "Sun 2026-11-22"],
    ["the day after tomorrow", "Wed 2026-11-25"],
    ["in 3 weeks", "Mon 2026-12-14"],
    ["3 weeks ago", "Mon 2026-11-02"],
    ["next friday at 5pm", "Fri 2026-12-04 17:00"],
    ["on friday", "Fri 2026-11-27"],
    ["last friday", "Fri 2026-11-20"],
    ["this friday", "Fri 2026-11-27"],
    ["this morning at 9", "Mon 2026-11-23 09:00"],
    ["9am", "Tue 2026-11-24 09:00"],
    ["today at 9am", "Mon 2026-11-23 09:00"],
    ["july 1 at 5pm", "Thu 2027-07-01 17:00"],
    ["2 days before july 4", "Fri 2027-07-02"],
    ["2 days before july 4 2026", "Thu 2026-07-02"],
    ["november 23", "Mon 2026-11-23"],
    ["november 22", "Mon 2027-11-22"],
    ["june 5 to 7", "Sat 2027-06-05 to Mon 2027-06-07"],
    ["2026-12-24", "Thu 2026-12-24"],
    ["24.12.2026", "Thu 2026-12-24"],
    ["the last day of february", "Sun 2027-02-28"],
    ["100 days before 2027-01-01", "Wed 2026-09-23"],
    ["june 5 - june 7", "Sat 2027-06-05 to Mon 2027-06-07"],
    ["tomorrow from 9am to 5pm", "Tue 2026-11-24 09:00 to Tue 2026-11-24 17:00"],
    ["christmas", "Fri 2026-12-25"],
    ["Christmas Eve at 6pm", "Thu 2026-12-24 18:00"],
    ["the day before christmas", "Thu 2026-12-24"],
    ["2 days after christmas", "Sun 2026-12-27"],
    ["last christmas", "Thu 2025-12-25"],
    ["christmas 2030", "Wed 2030-12-25"],
    ["new year's eve", "Thu 2026-12-31"],
    ["New Year’s Day", "Fri 2027-01-01"],
    ["two days before new year", "Wed 2026-12-30"],
    ["2 hours before christmas", "Fri 2026-12-25 10:00"],
    ["2 hours from now", "Mon 2026-11-23 15:05"],
    ["now", "Mon 2026-11-23 13:05"],
    ["halloween", "Sun 2027-10-31"],
    ["valentines day", "Sun 2027-02-14"],
  ])("%s", (phrase, expected) => {
    expect(understood(phrase)).toBe(expected);
  });

  test("names the feast of today on its day", () => {
    expect(understood("christmas", "UTC", Date.UTC(2026, 11, 25, 23, 59))).toBe("Fri 2026-12-25");
    expect(understood("christmas", "UTC", Date.UTC(2026, 11, 26))).toBe("Sat 2027-12-25");
    expect(understood("christmas", "Asia/Tokyo", Date.UTC(2026, 11, 25, 14, 59))).toBe("Fri 2026-12-25");
    expect(understood("christmas", "Asia/Tokyo", Date.UTC(2026, 11, 25, 15))).toBe("Sat 2027-12-25");
  });

  test.each([
    "banana",
    "",
    "february 30",
    "31 june",
    "2026-13-45",
    "in 99999999 years",
    "in 9000 years",
    "in 3000000 months",
    "100000 years ago",
  ])("%s is none", (phrase) => {
    expect(readDatePhrase(phrase, { now, zone: "UTC" })).toEqual({ kind: "nothing" });
  });

  // Each was told as the date of the words before the comma.
  test.each([
    ["friday the 13th", "friday", "13th"],
    ["2pm tomorrow London time", "2pm tomorrow", "London time"],
    ["the day before the coronation", "the day before", "coronation"],
    ["not tomorrow", "tomorrow", "not"],
    ["1 jan 0001", "1 jan", "0001"],
  ])("%s is more than %s", (phrase, text, rest) => {
    expect(readDatePhrase(phrase, { now, zone: "UTC" })).toEqual({ kind: "partly", text, rest });
  });

  test.each([
    ["a week from tuesday", ["a week", "tuesday"]],
    ["tuesday or thursday", ["tuesday", "thursday"]],
  ])("%s is not one of its dates", (phrase, texts) => {
    expect(readDatePhrase(phrase, { now, zone: "UTC" })).toEqual({ kind: "several", texts });
  });

  test("says which of its words name the date", () => {
    expect(readDatePhrase("  on   the 24th of december, at 5pm. ", { now, zone: "UTC" })).toMatchObject({
      text: "24th of december, at 5pm",
    });
  });

  test("of any text is understood or refused, and quickly", () => {
    const words =
      "in,the,day,before,after,week,a,1,12,5pm,:,/,-,.,jan,mon,christmas,last,next,ago,to,of,th,2026,EST".split(",");
    const phrases = fc.oneof(
      fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(" ").slice(0, 200)),
      fc.string({ maxLength: 200, unit: "binary" }),
    );
    fc.assert(
      fc.property(phrases, (phrase) => {
        const read = readDatePhrase(phrase, { now, zone: "Europe/Berlin" });
        if (read.kind === "understood") expect(Number.isSafeInteger(read.start.instant)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("in a zone", () => {
  test("is what the clocks there show, also when they are set differently by then", () => {
    expect(understood("july 1 at 5pm", "Europe/Berlin")).toBe("Thu 2027-07-01 17:00");
    expect(readDatePhrase("july 1 at 5pm", { now, zone: "Europe/Berlin" })).toMatchObject({
      start: { instant: Date.UTC(2027, 6, 1, 15) },
    });
    expect(understood("2 hours before july 4", "Europe/Berlin")).toBe("Sun 2027-07-04 10:00");
    expect(understood("december 1 at noon", "America/New_York", Date.UTC(2026, 6, 1))).toBe("Tue 2026-12-01 12:00");
  });

  test("is relative to the day there", () => {
    const late = Date.UTC(2026, 10, 23, 23, 30);
    expect(understood("tomorrow at noon", "Asia/Tokyo", late)).toBe("Wed 2026-11-25 12:00");
    expect(understood("tomorrow at noon", "America/New_York", late)).toBe("Tue 2026-11-24 12:00");
  });

  test("is another's when the words say so, and a distance in hours is the same everywhere", () => {
    expect(readDatePhrase("5pm EST", { now, zone: "Europe/Berlin" })).toMatchObject({
      start: { instant: Date.UTC(2026, 10, 23, 22), hasTime: true },
    });
    for (const zone of ["UTC", "Asia/Kathmandu", "America/New_York"]) {
      expect(readDatePhrase("in 2 hours", { now, zone })).toMatchObject({ start: { instant: now + 7_200_000 } });
    }
    expect(readDatePhrase("9am to 5pm EST", { now: Date.UTC(2026, 10, 23, 15), zone: "UTC" })).toMatchObject({
      start: { instant: Date.UTC(2026, 10, 24, 14) },
      end: { instant: Date.UTC(2026, 10, 24, 22) },
    });
    expect(readDatePhrase("2026-12-24T10:00:00+02:00", { now, zone: "Asia/Tokyo" })).toMatchObject({
      start: { instant: Date.UTC(2026, 11, 24, 8) },
    });
    // The night in which the clocks of Berlin show two o'clock twice.
    const night = Date.UTC(2026, 9, 24, 23, 30);
    expect(readDatePhrase("in 4 hours", { now: night, zone: "Europe/Berlin" })).toMatchObject({
      start: { instant: night + 14_400_000 },
    });
  });

  describe("whatever the machine's own zone is", () => {
    const own = process.env.TZ;
    afterEach(() => {
      if (own === undefined) delete process.env.TZ;
      else process.env.TZ = own;
    });
    afterAll(() => expect(process.env.TZ).toBe(own));

    test.each(["UTC", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati"])("%s", (machineZone) => {
      process.env.TZ = machineZone;
      expect(understood("tomorrow at 9am", "Europe/Berlin")).toBe("Tue 2026-11-24 09:00");
      expect(understood("next friday", "Asia/Tokyo", Date.UTC(2026, 10, 23, 15, 30))).toBe("Fri 2026-12-04");
      expect(understood("in 3 weeks", "America/New_York", Date.UTC(2026, 9, 20, 3, 30))).toBe("Mon 2026-11-09");
      expect(understood("the day before christmas", "Pacific/Auckland")).toBe("Thu 2026-12-24");
      expect(understood("2 days after christmas", "America/Los_Angeles")).toBe("Sun 2026-12-27");
      expect(understood("13 hours before christmas", "Pacific/Auckland")).toBe("Thu 2026-12-24 23:00");
      expect(understood("in 90 minutes", "Asia/Tokyo")).toBe("Mon 2026-11-23 23:35");
      expect(understood("now", "Asia/Tokyo")).toBe("Mon 2026-11-23 22:05");
      expect(understood("5pm GMT", "Europe/Berlin")).toBe("Mon 2026-11-23 18:00");
      expect(understood("march 14 2027 at 2:30am", "Europe/Berlin")).toBe("Sun 2027-03-14 02:30");
    });
  });
});
