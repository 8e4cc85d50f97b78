import { describe, expect, test } from "vitest";
import { defineBridges } from "./bridges.ts";

const entry = { owner: "team-chat", until: "2027-01-31", replaces: "chat/router.py" };
const on = (day: string) => () => new Date(`${day}T12:00:00Z`);

describe("bridges", () => {
  test.each([
    ["2027-01-31", []],
    ["2027-02-01", ["router"]],
    ["2031-01-01", ["router"]],
  ])("on %s these have expired: %j", (day, expired) => {
    const bridges = defineBridges({ router: entry, later: { ...entry, until: "2040-12-31" } }, on(day));
    expect(bridges.expired()).toEqual(expired);
    // It goes on: a build has to fail, not whoever is served.
    expect(bridges.open("router").labels).toEqual({ bridge: "router", owner: "team-chat", until: "2027-01-31" });
    expect(bridges.open("later").labels.bridge).toBe("later");
  });

  test("that are not declared cannot be opened", () => {
    const bridges = defineBridges({ router: entry }, on("2026-01-01"));
    expect(() => bridges.open("broadcaster")).toThrow("it is not declared; declared are: router");
    expect(() => bridges.open("constructor")).toThrow("it is not declared");
  });

  test.each([
    ["without an owner", { ...entry, owner: "" }],
    ["without what it replaces", { ...entry, replaces: "" }],
    ["with a month that there is not", { ...entry, until: "2027-13-01" }],
    ["with a date that is none", { ...entry, until: "soon" }],
  ])("%s cannot be declared", (_what, given) => {
    expect(() => defineBridges({ router: given })).toThrow(TypeError);
  });

  test("count each call by the place that made it, up to a bound", () => {
    const counted: Readonly<Record<string, string>>[] = [];
    const bridges = defineBridges({ router: entry }, on("2026-01-01"));
    bridges.report((_name, _description, labels) => counted.push(labels));
    const bridge = bridges.open("router");
    bridge.call()("stored");
    bridge.call()("refused");
    expect(counted).toEqual([
      { bridge: "router", owner: "team-chat", until: "2027-01-31", outcome: "stored", site: expect.any(String) },
      { bridge: "router", owner: "team-chat", until: "2027-01-31", outcome: "refused", site: expect.any(String) },
    ]);
    const sites = new Set<string>();
    for (let index = 0; index < 600; index += 1) {
      // Each is a place of its own.
      new Function("bridge", `bridge.call()("stored");\n//# sourceURL=/elsewhere/place${index}.js`)(bridge);
      sites.add(counted.at(-1)?.site ?? "");
    }
    expect(sites.size).toBeLessThanOrEqual(501);
    expect(sites.has("other")).toBe(true);
  });
});
