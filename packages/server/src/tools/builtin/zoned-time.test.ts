import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instantOf, localTimeIn, offsetMinutesIn } from "./zoned-time.ts";

const zones = Intl.supportedValuesOf("timeZone");

describe("local time", () => {
  test.each([
    ["UTC", { date: "2026-11-23", time: "23:05", weekday: "Monday", offset: "+00:00" }],
    ["Asia/Tokyo", { date: "2026-11-24", time: "08:05", weekday: "Tuesday", offset: "+09:00" }],
    ["America/New_York", { date: "2026-11-23", time: "18:05", weekday: "Monday", offset: "-05:00" }],
    ["America/St_Johns", { date: "2026-11-23", time: "19:35", weekday: "Monday", offset: "-03:30" }],
    ["Asia/Kathmandu", { date: "2026-11-24", time: "04:50", weekday: "Tuesday", offset: "+05:45" }],
    ["Pacific/Kiritimati", { date: "2026-11-24", time: "13:05", weekday: "Tuesday", offset: "+14:00" }],
  ])("in %s", (zone, expected) => {
    expect(localTimeIn(zone, Date.UTC(2026, 10, 23, 23, 5))).toEqual(expected);
  });

  test("begins a day at 00:00 and has four digits for every year", () => {
    expect(localTimeIn("UTC", Date.UTC(2027, 0, 1))).toMatchObject({ date: "2027-01-01", time: "00:00" });
    expect(localTimeIn("UTC", Date.UTC(1000, 0, 5))).toMatchObject({ date: "1000-01-05", time: "00:00" });
  });
});

describe("the instant of a local time", () => {
  const berlin = (...time: [number, number, number, number, number]) =>
    new Date(instantOf("Europe/Berlin", Date.UTC(...time))).toISOString();

  test("follows the clock through the year", () => {
    expect(berlin(2026, 0, 15, 12, 0)).toBe("2026-01-15T11:00:00.000Z");
    expect(berlin(2026, 6, 15, 12, 0)).toBe("2026-07-15T10:00:00.000Z");
  });

  test("is the first of two when the clocks show it twice", () => {
    expect(berlin(2026, 9, 25, 2, 30)).toBe("2026-10-25T00:30:00.000Z");
    expect(berlin(2026, 9, 25, 3, 0)).toBe("2026-10-25T02:00:00.000Z");
  });

  test("is as much later as the clocks skip when they skip it", () => {
    expect(berlin(2026, 2, 29, 2, 30)).toBe("2026-03-29T01:30:00.000Z");
    expect(localTimeIn("Europe/Berlin", Date.parse(berlin(2026, 2, 29, 2, 30))).time).toBe("03:30");
  });

  test("shows that local time again, in every zone", () => {
    const instants = fc.integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2035, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (zone, instant) => {
        const shown = instant + offsetMinutesIn(zone, instant) * 60_000;
        const found = instantOf(zone, shown);
        expect(found + offsetMinutesIn(zone, found) * 60_000).toBe(shown);
        expect(found).toBeLessThanOrEqual(instant);
      }),
      { numRuns: 500 },
    );
  });
});
