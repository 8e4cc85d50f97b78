/** Every command type that appends: its reply, its events, its refusals, and what a repetition of it does. */
import { type CommandType, commandTypes, type Event, type ReplyFrame } from "@throughline/protocol";
import { eventSchema, replyDataSchemas, serverFrameSchema } from "@throughline/protocol/schemas";
import { describe, expect, test } from "vitest";
import { alice, approvalDigest, bob, RouterBench } from "../../../../tests/support/router-bench.ts";
import { Maintenance } from "../log/maintenance.ts";

interface CommandCase {
  /** Brings the feed into a state in which the command is accepted, and says what to send. */
  prepare(bench: RouterBench): Promise<object>;
  readonly events: readonly Event["type"][];
  /** The same type with content that means something else. */
  readonly otherContent: object;
  /** The command names something of a user. */
  readonly names?: "threadId" | "runId" | "callId";
}

/** The others answer from what their module knows; `quality-routes.test.ts` has them. */
type AppendingType = Exclude<CommandType, `quality.${string}`>;
const appendingTypes = commandTypes.filter((type): type is AppendingType => !type.startsWith("quality."));

/** A forgotten type does not compile. */
const cases: Readonly<Record<AppendingType, CommandCase>> = {
  "message.send": {
    prepare: async () => ({ text: "hello" }),
    events: ["thread_created", "message_accepted"],
    otherContent: { text: "something else" },
  },
  "run.stop": {
    prepare: async (bench) => ({ runId: (await bench.runningRun()).runId }),
    events: ["run_stop_requested"],
    otherContent: { runId: "run_aaaaaaaa" },
    names: "runId",
  },
  "approval.answer": {
    prepare: async (bench) => {
      const { callId } = await bench.askedApproval();
      return { callId, digest: approvalDigest, decision: "approve" };
    },
    events: ["approval_answered"],
    otherContent: { decision: "deny" },
    names: "callId",
  },
  "thread.create": {
    prepare: async () => ({ title: "Plans" }),
    events: ["thread_created"],
    otherContent: { title: "Other plans" },
  },
  "thread.rename": {
    prepare: async (bench) => ({ threadId: (await bench.accepted("thread.create", {})).threadId, title: "Plans" }),
    events: ["thread_renamed"],
    otherContent: { title: "Other plans" },
    names: "threadId",
  },
  "thread.delete": {
    prepare: async (bench) => ({ threadId: (await bench.runningRun()).threadId }),
    events: ["run_stop_requested", "thread_deleted"],
    otherContent: { threadId: "thr_aaaaaaaa" },
    names: "threadId",
  },
};
const naming = appendingTypes.filter((type) => cases[type].names !== undefined);

const refused = (code: string) => expect.objectContaining({ ok: false, error: expect.objectContaining({ code }) });
const types = (events: readonly Event[]) => events.map((event) => event.type);
const asDuplicate = (reply: ReplyFrame) => ({ ...reply, duplicate: true });

describe.each(appendingTypes)("%s", (type) => {
  const { prepare, events, otherContent } = cases[type];

  async function setUp() {
    const bench = new RouterBench();
    const data = await prepare(bench);
    const before = await bench.events();
    return {
      bench,
      data,
      send: (given: object = data, router = bench.router) =>
        router.handle(alice, { id: "the-command", type, data: given }),
      newEvents: async () => (await bench.events()).slice(before.length),
    };
  }

  test("is answered as declared, after its events are stored", async () => {
    const { send, newEvents } = await setUp();
    const reply = await send();
    expect(reply).toMatchObject({ kind: "reply", id: "the-command", ok: true, duplicate: false });
    expect(serverFrameSchema.parse(reply)).toEqual(reply);
    expect(replyDataSchemas[type].parse(reply.ok && reply.data)).toEqual(reply.ok && reply.data);
    const stored = await newEvents();
    expect(types(stored)).toEqual(events);
    for (const event of stored) expect(eventSchema.parse(event)).toEqual(event);
  });

  test("repeated gets the same reply, and happens once", async () => {
    const { bench, data, send, newEvents } = await setUp();
    const first = await send();
    expect(await send()).toEqual(asDuplicate(first));
    expect(await send(Object.fromEntries(Object.entries(data).reverse()))).toEqual(asDuplicate(first));
    // Another device, on a node that has not read the feed before.
    expect(await send(data, bench.anotherRouter())).toEqual(asDuplicate(first));
    expect(types(await newEvents())).toEqual(events);
  });

  // The second of two was judged by what the first had just done, and refused: a deleted thread cannot be deleted.
  test("repeated before the first was answered gets the same reply, and happens once", async () => {
    for (const other of ["the same node", "another node"] as const) {
      const { bench, data, send, newEvents } = await setUp();
      const second = other === "the same node" ? bench.router : bench.anotherRouter();
      const replies = await Promise.all([send(), send(data, second), send(data, second), send()]);
      const first = replies.find((reply) => reply.ok && !reply.duplicate);
      expect(replies.filter((reply) => reply !== first)).toEqual(Array(3).fill(asDuplicate(first as ReplyFrame)));
      expect(types(await newEvents())).toEqual(events);
    }
  });

  test("with the id of a command that said something else is an idempotency conflict", async () => {
    const { data, send, newEvents } = await setUp();
    const first = await send();
    expect(await send({ ...data, ...otherContent })).toEqual(refused("idempotency_conflict"));
    expect(await send()).toEqual(asDuplicate(first));
    expect(types(await newEvents())).toEqual(events);
  });

  test("with the id of a command of another type is an idempotency conflict", async () => {
    const { bench, send, newEvents } = await setUp();
    await send();
    const [otherType, otherData] =
      type === "thread.create" ? (["message.send", { text: "x" }] as const) : (["thread.create", {}] as const);
    expect(await bench.send(otherType, otherData, alice, "the-command")).toEqual(refused("idempotency_conflict"));
    expect(types(await newEvents())).toEqual(events);
  });

  test("with the id of another user's command is a command of its own", async () => {
    const { bench, send } = await setUp();
    await bench.send("thread.create", {}, bob, "the-command");
    expect(await send()).toMatchObject({ ok: true, duplicate: false });
  });

  test("with a field that nobody declared is refused", async () => {
    const { data, send, newEvents } = await setUp();
    expect(await send({ ...data, userId: "bob" })).toEqual(refused("invalid_data"));
    expect(await send(JSON.parse(`${JSON.stringify(data).slice(0, -1)},"__proto__":{}}`))).toEqual(
      refused("invalid_data"),
    );
    expect(await newEvents()).toEqual([]);
  });

  test.each(["lost", "unheard"] as const)(
    "when its commit fails and was %s is not_ready, and repeated it happens once",
    async (fate) => {
      const { bench, send, newEvents } = await setUp();
      bench.store.fate = fate;
      const reply = await send();
      expect(reply).toMatchObject({ ok: false, error: { code: "not_ready", retryable: true } });
      expect(JSON.stringify(reply)).not.toContain("the disk is gone");
      expect(String(bench.internalErrors.at(-1)?.cause)).toContain("the disk is gone");
      bench.store.fate = "stored";
      const again = await send();
      expect(again).toMatchObject({ ok: true, duplicate: fate === "unheard" });
      expect(await send()).toEqual(asDuplicate(again));
      expect(types(await newEvents())).toEqual(events);
    },
  );

  test("is remembered for idempotencyRetentionMs, and judged anew after it", async () => {
    const { bench, send } = await setUp();
    const { clock, limits, log } = bench;
    const maintenance = new Maintenance({ log, clock, limits, onError: (error) => expect(error).toBeUndefined() });
    const first = await send();
    await clock.advance(limits.idempotencyRetentionMs - 1);
    expect(await send()).toEqual(asDuplicate(first));
    await clock.advance(3_600_001);
    expect(await send()).not.toMatchObject({ duplicate: true });
    maintenance.close();
  });
});

describe.each(naming)("%s of what is not one's own", (type) => {
  test("is answered, but for the id, like what never was", async () => {
    const bench = new RouterBench();
    const data = await cases[type].prepare(bench);
    const name = cases[type].names as "threadId" | "runId" | "callId";
    const foreignId = (data as Record<string, string>)[name] as string;
    const neverId = `${foreignId.slice(0, foreignId.indexOf("_"))}_${"z".repeat(20)}`;
    // Bob has things of his own, so that his feed is not simply empty.
    await bench.askedApproval(bob);
    const head = await bench.head(bob);
    const [aliceHead, foreign] = [await bench.head(), await bench.send(type, data, bob, "the-command")];
    const never = await bench.send(type, { ...data, [name]: neverId }, bob, "the-command");
    expect(foreign).toEqual(refused("not_found"));
    expect(JSON.stringify(foreign).replaceAll(foreignId, "ID")).toBe(JSON.stringify(never).replaceAll(neverId, "ID"));
    expect([await bench.head(), await bench.head(bob)]).toEqual([aliceHead, head]);
    // It still works for its owner.
    expect(await bench.send(type, data, alice)).toMatchObject({ ok: true });
  });
});

describe("a limit", () => {
  test.each<[string, CommandType, (text: string) => object, "titleCharactersMax" | "messageTextCharactersMax"]>([
    ["the title of a new thread", "thread.create", (title) => ({ title }), "titleCharactersMax"],
    ["a new title", "thread.rename", (title) => ({ title }), "titleCharactersMax"],
    ["a message", "message.send", (text) => ({ text }), "messageTextCharactersMax"],
  ])("holds %s to its characters, which are UTF-16 units", async (_what, type, dataOf, name) => {
    const bench = new RouterBench();
    const { threadId } = await bench.accepted("thread.create", {});
    const send = (text: string) =>
      bench.send(type, { ...dataOf(text), ...(type === "thread.rename" ? { threadId } : {}) });
    const charactersMax = bench.limits[name];
    expect(await send("x".repeat(charactersMax))).toMatchObject({ ok: true });
    expect(await send("🙂".repeat(charactersMax / 2))).toMatchObject({ ok: true });
    const head = await bench.head();
    expect(await send("x".repeat(charactersMax + 1))).toEqual(refused("too_large"));
    expect(await send(`x${"🙂".repeat(charactersMax / 2)}`)).toEqual(refused("too_large"));
    expect(await send("")).toEqual(refused("invalid_data"));
    expect(await send(" \n\t")).toEqual(refused("invalid_data"));
    expect(await send("\ud800")).toEqual(refused("invalid_data"));
    expect(await bench.head()).toBe(head);
  });
});

describe("another node over the same log", () => {
  // A refusal was given on what this node had last read, though the log held more.
  test("knows what happened at the first, also for what it refuses", async () => {
    const bench = new RouterBench();
    const other = bench.anotherRouter();
    const sendThere = (type: CommandType, data: object) => other.handle(alice, { id: bench.newId(), type, data });
    await sendThere("thread.create", {});
    const { threadId } = await bench.accepted("thread.create", {});
    expect(await sendThere("thread.rename", { threadId, title: "Plans" })).toMatchObject({ ok: true });
    await bench.accepted("thread.delete", { threadId });
    expect(await sendThere("thread.rename", { threadId, title: "Plans" })).toEqual(refused("not_found"));
    const { callId } = await bench.askedApproval();
    expect(await sendThere("approval.answer", { callId, digest: approvalDigest, decision: "deny" })).toMatchObject({
      ok: true,
    });
  });

  test("both at once have each command happen once", async () => {
    const bench = new RouterBench();
    const other = bench.anotherRouter();
    const sent = Array.from({ length: 40 }, (_, index) => {
      const command = { id: `id${index % 20}`, type: "thread.create", data: { title: `thread ${index % 20}` } };
      return (index % 3 === 0 ? other : bench.router).handle(alice, command);
    });
    const replies = await Promise.all(sent);
    expect(replies.filter((reply) => reply.ok && !reply.duplicate)).toHaveLength(20);
    expect(replies.filter((reply) => reply.ok && reply.duplicate)).toHaveLength(20);
    expect(await bench.head()).toBe(20);
  });
});

describe("a refusal", () => {
  test("because of something that then could not be stored is not given", async () => {
    const bench = new RouterBench();
    const { threadId } = await bench.accepted("thread.create", {});
    bench.store.fate = "lost";
    const deleting = bench.send("thread.delete", { threadId });
    const renaming = bench.send("thread.rename", { threadId, title: "x" }, alice, "rename");
    expect(await deleting).toEqual(refused("not_ready"));
    expect(await renaming).toEqual(refused("not_ready"));
    bench.store.fate = "stored";
    expect(await bench.send("thread.rename", { threadId, title: "x" }, alice, "rename")).toMatchObject({ ok: true });
  });
});
