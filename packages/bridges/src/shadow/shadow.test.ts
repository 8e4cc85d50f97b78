import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Difference, Shadow } from "./shadow.ts";
import { UserSwitch } from "./user-switch.ts";

const types = fc.array(fc.constantFrom("agent_started", "agent_thinking", "tool_executing", "agent_completed"), {
  minLength: 1,
  maxLength: 8,
});

function compared(
  old: readonly string[],
  fresh: readonly (string | readonly [string, string])[],
): readonly Difference[] {
  const shadow = new Shadow();
  shadow.message("m1", "ada");
  for (const type of old) shadow.saw("old", "m1", "ada", { type });
  for (const seen of fresh) {
    const [recipient, type] = typeof seen === "string" ? ["ada", seen] : seen;
    shadow.saw("new", "m1", recipient, { type });
  }
  return shadow.report().differences;
}

describe("a shadow", () => {
  test("finds no difference between equal histories", () => {
    fc.assert(fc.property(types, (events) => compared(events, events).length === 0));
  });

  test("finds what is lost", () => {
    fc.assert(
      fc.property(types, fc.nat(), (events, at) => {
        const index = at % events.length;
        const kinds = compared(events, events.toSpliced(index, 1));
        return kinds.some(({ kind, type }) => kind === "lost" && type === events[index]);
      }),
    );
  });

  test("finds what is repeated or added", () => {
    fc.assert(
      fc.property(types, fc.nat(), (events, at) => {
        const type = events[at % events.length] as string;
        expect(compared(events, [...events, type])).toMatchObject([{ kind: "repeated", type }]);
        expect(compared(events, [...events, "agent_death"])).toMatchObject([{ kind: "added", type: "agent_death" }]);
      }),
    );
  });

  test("finds what is reordered", () => {
    fc.assert(
      fc.property(types, (events) => {
        const reversed = events.toReversed();
        fc.pre(JSON.stringify(reversed) !== JSON.stringify(events));
        expect(compared(events, reversed)).toMatchObject([{ kind: "reordered" }]);
      }),
    );
  });

  test("finds what reached somebody else, on either side", () => {
    fc.assert(
      fc.property(types, (events) => {
        const leaks = compared(events, [...events, ["eve", "agent_completed"]]);
        expect(leaks).toContainEqual({
          messageId: "m1",
          kind: "leaked",
          side: "new",
          recipient: "eve",
          type: "agent_completed",
        });
      }),
    );
    const shadow = new Shadow();
    shadow.message("m1", "ada");
    shadow.saw("old", "m1", "eve", { type: "agent_completed" });
    expect(shadow.report().differences.map(({ kind, side }) => [kind, side])).toEqual([
      ["leaked", "old"],
      ["lost", "new"],
    ]);
  });

  test("compares content when it is told how, and leaves out what it is told to", () => {
    const shadow = new Shadow({
      content: (event) => String((event as { readonly text?: string }).text),
      ignore: new Set(["heartbeat"]),
    });
    shadow.message("m1", "ada");
    for (const side of ["old", "new"] as const) {
      shadow.saw(side, "m1", "ada", { type: "agent_completed", text: side } as { type: string });
      shadow.saw(side, "m1", "ada", { type: "heartbeat" });
    }
    expect(shadow.report().differences.map(({ kind }) => kind)).toEqual(["lost", "added"]);
  });

  test("says what is reordered among other differences, and what it cannot compare", () => {
    const kinds = compared(["a", "b", "c", "d"], ["b", "a", "c"]).map(({ kind }) => kind);
    expect(kinds).toEqual(["lost", "reordered"]);
    const shadow = new Shadow({ sightingsMax: 2 });
    shadow.message("m1", "ada");
    for (let number = 0; number < 3; number += 1) shadow.saw("new", "m1", "ada", { type: "x" });
    shadow.saw("new", "m2", "eve", { type: "x" });
    expect(shadow.report()).toMatchObject({ messages: 1, equal: 0, differences: [], unattributed: 1, overflowed: 1 });
  });

  test("holds messagesMax messages, and says how many it has dropped", () => {
    const shadow = new Shadow({ messagesMax: 2 });
    for (const id of ["m1", "m2", "m3"]) shadow.message(id, "ada");
    shadow.saw("old", "m1", "ada", { type: "x" });
    expect(shadow.report()).toEqual({
      messages: 2,
      equal: 2,
      differences: [],
      dropped: 1,
      unattributed: 1,
      overflowed: 0,
    });
  });
});

test("a switch moves users over and back, is seen by every process, and survives a restart", () => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-switch-"));
  const path = join(folder, "switch.db");
  try {
    using mine = new UserSwitch(path);
    using other = new UserSwitch(path);
    expect(mine.sideOf("ada")).toBe("old");
    mine.move("ada", "new");
    expect([other.sideOf("ada"), other.sideOf("bob")]).toEqual(["new", "old"]);
    other.moveOthers("new");
    other.move("bob", "old");
    expect([mine.sideOf("ada"), mine.sideOf("bob"), mine.sideOf("cleo")]).toEqual(["new", "old", "new"]);
    expect(mine.read()).toEqual({ users: { ada: "new", bob: "old" }, others: "new" });
    mine.rollBack();
    expect([other.sideOf("ada"), other.sideOf("bob"), other.sideOf("cleo")]).toEqual(["old", "old", "old"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
