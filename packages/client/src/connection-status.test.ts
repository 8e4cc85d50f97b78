import { expect, test } from "vitest";
import { statusTable } from "./connection-status.ts";

type State = keyof typeof statusTable;
const states = Object.keys(statusTable) as State[];
const after = (state: State) => states.filter((next) => statusTable[state][next]);

test("every state may end in closed but closed itself, and leads to connecting", () => {
  for (const state of states) {
    expect(statusTable[state].closed).toBe(state !== "closed");
    expect(statusTable[state].connecting).toBe(true);
    expect(statusTable[state].idle).toBe(false);
  }
});

test("events are heard of only after a connection was made", () => {
  for (const state of ["idle", "offline", "closed"] as const) {
    expect(after(state).filter((next) => next === "live" || next === "catching-up")).toEqual([]);
  }
  expect(after("closed")).toEqual(["connecting"]);
  expect(after("live")).toEqual(["connecting", "catching-up", "offline", "closed"]);
});
