/**
 * A team moves: the old application serves and the new one gets copies, the comparison is read, a user is moved, and everybody is taken back
 * with one command. Both are real; the switch is the file that the command line writes.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineBridges, MigrationFront, routeTableBridge, Shadow, UserSwitch } from "@throughline/bridges";
import { defineAgent } from "@throughline/server";
import { expect, test } from "vitest";
import type { OldTab } from "../../examples/migrate-from-fragments/after/old-tab.ts";
import { type Person, World } from "../../examples/migrate-from-fragments/after/world.ts";
import { Application } from "../../examples/migrate-from-fragments/before/application.ts";
import { RecordingConnection } from "../../examples/migrate-from-fragments/before/recording-connection.ts";

const program = join(import.meta.dirname, "../../packages/cli/dist/main.js");
const bridges = defineBridges({ router: { owner: "team", until: "2099-12-31", replaces: "old.ts" } });
const router = bridges.open("router");

interface ChatMessage {
  readonly type: "user_message";
  readonly message_id: string;
  readonly payload: { readonly content: string };
}

function throughlineSwitch(file: string, ...words: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [program, "switch", ...words, "--file", file], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
}

test("one user is moved, the other stays, and one command takes everybody back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-rehearsal-"));
  const file = join(folder, "switch.db");
  const asked = { old: [] as string[], new: [] as string[] };
  const application = new Application(async ({ text }) => {
    asked.old.push(text);
    return `You said: ${text}`;
  });
  const echo = defineAgent({
    name: "echo",
    async run(run) {
      asked.new.push(run.message.text);
      return `You said: ${run.message.text}`;
    },
  });
  await using world = await World.open(echo);
  using users = new UserSwitch(file);
  const shadow = new Shadow({
    ignore: new Set(["connection_established", "thread_created", "agent_response", "agent_thinking", "stream_chunk"]),
  });
  const people = new Map<
    string,
    { readonly person: Person; readonly old: RecordingConnection; readonly tab: OldTab }
  >();
  for (const name of ["ada", "bob"]) {
    const person = await world.person(name);
    const old = new RecordingConnection(person.userId);
    await application.gateway.connect(old);
    people.set(person.userId, { person, old, tab: await person.tab() });
  }
  const of = (userId: string) => {
    const found = people.get(userId);
    if (found === undefined) throw new Error(`unable to find ${userId}`);
    return found;
  };
  const routeNew = (userId: string, message: ChatMessage) =>
    routeTableBridge(router, of(userId).person.port).routeMessage(userId, message);
  const outcome = (isStored: boolean) => (isStored ? "stored" : "refused");
  const front = new MigrationFront({
    users,
    shadow,
    old: { serve: (userId, message: ChatMessage) => application.router.routeMessage(userId, message), outcome },
    new: { serve: routeNew, copy: routeNew, outcome },
    messageId: ({ message_id }) => message_id,
  });
  let messages = 0;
  /** Sends one message and tells the shadow what its tabs got, on the side that served and, if there is a copy, on the other. */
  async function say(userId: string, content: string, sides: readonly ("old" | "new")[]): Promise<void> {
    messages += 1;
    const message_id = `m${messages}`;
    const { old, tab } = of(userId);
    old.events.length = 0;
    tab.events.length = 0;
    expect(await front.take(userId, { type: "user_message", message_id, payload: { content } })).toBe(true);
    await front.settled();
    if (sides.includes("new")) await tab.until("agent_completed");
    for (const event of old.events) shadow.saw("old", message_id, userId, event);
    for (const event of tab.events) shadow.saw("new", message_id, userId, event);
    expect([old.types().includes("agent_completed"), tab.types.includes("agent_completed")]).toEqual([
      ...[sides.includes("old"), sides.includes("new")],
    ]);
  }
  try {
    const [ada = "", bob = ""] = people.keys();
    await say(ada, "one", ["old", "new"]);
    await say(bob, "two", ["old", "new"]);
    expect(shadow.report()).toEqual({
      ...{ messages: 2, equal: 2, differences: [], dropped: 0, unattributed: 0, overflowed: 0 },
    });
    throughlineSwitch(file, "move", ada, "new");
    await say(ada, "three", ["new"]);
    await say(bob, "four", ["old", "new"]);
    throughlineSwitch(file, "rollback");
    await say(ada, "five", ["old", "new"]);
    expect(asked).toEqual({ old: ["one", "two", "four", "five"], new: ["one", "two", "three", "four", "five"] });
    expect(shadow.report()).toMatchObject({ messages: 4, equal: 4, differences: [] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a copy that fails, hangs or is one too many changes nothing for whoever is served, and the comparison says so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-rehearsal-"));
  const hanging = Promise.withResolvers<string>();
  try {
    using users = new UserSwitch(join(folder, "switch.db"));
    const shadow = new Shadow();
    const front = new MigrationFront({
      users,
      shadow,
      old: { serve: async (_userId, message: { id: string }) => `served ${message.id}`, outcome: () => "stored" },
      new: {
        serve: async () => "never",
        copy(_userId, { id }) {
          if (id === "m1") throw new Error("broken");
          return hanging.promise;
        },
        outcome: () => "stored",
      },
      messageId: ({ id }) => id,
      copiesMax: 2,
    });
    expect(await front.take("ada", { id: "m1" })).toBe("served m1");
    await front.settled();
    for (const id of ["m2", "m3", "m4"]) expect(await front.take("ada", { id })).toBe(`served ${id}`);
    expect(front.notCopied).toBe(1);
    hanging.resolve("late");
    await front.settled();
    expect(shadow.report()).toMatchObject({
      messages: 3,
      equal: 2,
      differences: [
        { messageId: "m1", kind: "lost", type: "outcome: stored" },
        { messageId: "m1", kind: "added", type: "outcome: failed" },
      ],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
