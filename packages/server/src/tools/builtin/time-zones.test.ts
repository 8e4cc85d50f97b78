import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findZone } from "./time-zones.ts";

describe("a place", () => {
  test.each([
    ["Tokyo", "Asia/Tokyo"],
    ["  new   york ", "America/New_York"],
    ["New_York", "America/New_York"],
    ["america/new_york", "America/New_York"],
    ["São Paulo", "America/Sao_Paulo"],
    ["München", "Europe/Berlin"],
    ["munchen", "Europe/Berlin"],
    ["Beijing", "Asia/Shanghai"],
    ["Mumbai", "Asia/Kolkata"],
    ["San Francisco", "America/Los_Angeles"],
    ["Washington DC", "America/New_York"],
    ["the Netherlands", "Europe/Amsterdam"],
    ["Kyiv", "Europe/Kyiv"],
    ["Germany", "Europe/Berlin"],
    ["Tokyo, Japan", "Asia/Tokyo"],
    ["Asia/Kolkata", "Asia/Calcutta"],
    ["UTC", "UTC"],
    ["EST", "America/New_York"],
  ])("%s has the clock of %s", (place, zone) => {
    expect(findZone(place)).toEqual({ kind: "found", zone });
  });

  test("that has several clocks has none", () => {
    for (const place of ["USA", "the United States", "Australia", "russia"]) {
      expect(findZone(place)).toEqual({ kind: "ambiguous" });
    }
  });

  test.each(["Paris, Texas", "Gondor", "constructor", "__proto__", "../../etc/localtime", "a/b", "BST/DST", ""])(
    "%j is not known",
    (place) => {
      expect(findZone(place)).toMatchObject({ kind: "unknown" });
    },
  );

  test("that is nearly known is told from its neighbours, with their zones", () => {
    expect(findZone("Tokio")).toMatchObject({ nearest: expect.arrayContaining(["Tokyo (Asia/Tokyo)"]) });
    expect(findZone("San Fransisco")).toMatchObject({
      nearest: ["San Francisco (America/Los_Angeles)", "San Antonio (America/Chicago)"],
    });
    expect(findZone("Europe/Berlln")).toMatchObject({ nearest: expect.arrayContaining(["Europe/Berlin"]) });
  });

  test("whose zone is told has one that clocks can be set to, whatever it is called", () => {
    const hostile = fc.oneof(fc.string({ maxLength: 100 }), fc.constantFrom(...Intl.supportedValuesOf("timeZone")));
    fc.assert(
      fc.property(hostile, (place) => {
        const found = findZone(place);
        if (found.kind === "found") expect(() => new Intl.DateTimeFormat("en", { timeZone: found.zone })).not.toThrow();
      }),
    );
  });
});
