/** Mistakes that a server of this kind can have, planted into the real source to see that the simulation finds them. */

export interface PlantedBug {
  readonly name: string;
  /** The invariant of the design that it breaks, and that has to be named when it is found. */
  readonly invariant: number;
  readonly edits: readonly Edit[];
  /** The first of 2,000 seeds that finds it. */
  readonly seed: number;
}

/** Text of a source file, and what stands in its place. The text has to be there exactly once. */
export interface Edit {
  /** Under `packages`. */
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

const embeddedLog = "server/src/log/embedded-log.ts";
const feeds = "server/src/log/feeds.ts";
const runQueue = "server/src/log/run-queue.ts";
const compaction = "server/src/log/compaction.ts";
const retention = "server/src/log/retention.ts";
const router = "server/src/router/router.ts";
const approvalAnswer = "server/src/router/approval-answer.ts";
const runStop = "server/src/router/run-stop.ts";
const broadcaster = "server/src/broadcast/broadcaster.ts";
const feedBroadcast = "server/src/broadcast/feed-broadcast.ts";
const frame = "server/src/broadcast/frame.ts";
const connection = "server/src/gateway/connection.ts";
const toolScope = "server/src/tools/tool-scope.ts";
const executeTool = "server/src/tools/execute-tool.ts";
const runExecution = "server/src/runs/run-execution.ts";
const runWriter = "server/src/runs/run-writer.ts";
const runContext = "server/src/runs/run-context.ts";
const qualityGate = "server/src/runs/quality-gate.ts";
const runState = "protocol/dist/run-state.js";

function edit(file: string, text: string, replacement: string): Edit {
  return { file, text, replacement };
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "a command is acknowledged before its events are durable",
    invariant: 1,
    edits: [
      edit(
        feeds,
        "entry.pending.add(appending);",
        `entry.pending.add(appending);
    if (key !== undefined) {
      const settle = (result) => {
        entry.pending.delete(appending);
        if (result?.kind !== "appended" && entry.state === state) entry.state = undefined;
      };
      appending.then(settle, settle);
      return Promise.resolve({ kind: "appended", events: [], reply });
    }`,
      ),
    ],
    seed: 1,
  },
  {
    name: "a failed commit is acknowledged",
    invariant: 1,
    edits: [
      edit(
        embeddedLog,
        'this.#abandon(batch, maintenance, storageError("append", error));',
        "this.#publish(batch.appends); batch.resolve(); for (const work of maintenance) work.done();",
      ),
    ],
    seed: 28,
  },
  {
    name: "a repeated command is executed again",
    invariant: 1,
    edits: [
      edit(
        embeddedLog,
        'if (original !== undefined) return Promise.resolve({ kind: "duplicate", original });',
        "void original;",
      ),
      edit(feeds, "const original = await this.#log.findKey(entry.feed, key.id);", "const original = undefined;"),
    ],
    seed: 2,
  },
  {
    name: "a repeated command gets another reply",
    invariant: 1,
    edits: [
      edit(
        router,
        "return { duplicate: true, data: result.original.reply };",
        "return { duplicate: true, data: { ...result.original.reply, runId: ids.runId() } };",
      ),
    ],
    seed: 2,
  },
  {
    name: "an id that was used with other content is taken for a repetition",
    invariant: 1,
    edits: [edit(router, "if (result.original.fingerprint !== fingerprint) {", "if (false) {")],
    seed: 27,
  },
  {
    name: "the second of two contrary answers is told that it won",
    invariant: 1,
    edits: [
      edit(
        approvalAnswer,
        "return { events: [], reply: { callId, decision: approval.decision } };",
        "return { events: [], reply: { callId, decision } };",
      ),
    ],
    seed: 1,
  },
  {
    name: "a stop is acknowledged and not stored",
    invariant: 1,
    edits: [edit(runStop, "return { events: stopRequests(state, [runId]),", "return { events: [],")],
    seed: 5,
  },
  {
    name: "an unknown type is acknowledged",
    invariant: 2,
    edits: [
      edit(
        router,
        "const coded = toCodedError(error);",
        'const coded = toCodedError(error); if (coded.code === "unknown_type") return { kind: "reply", id: command.id, ok: true, duplicate: false, data: {} };',
      ),
    ],
    seed: 12,
  },
  {
    name: "a command too many in flight is dropped without a word",
    invariant: 2,
    edits: [
      edit(
        connection,
        'this.#reply({ kind: "reply", id: command.id, ok: false, error: wireError("overloaded", message) });',
        "void wireError;",
      ),
    ],
    seed: 1,
  },
  {
    name: "events are published before they are durable",
    invariant: 3,
    edits: [
      edit(
        embeddedLog,
        "await this.#store.commit(commit);\n        this.#publish(batch.appends);",
        "this.#publish(batch.appends);\n        await this.#store.commit(commit);",
      ),
    ],
    seed: 2,
  },
  {
    name: "a run ends twice",
    invariant: 4,
    edits: [
      edit(
        runExecution,
        "await writer.end({ ...ending, text, ...(context?.usage && { usage: context.usage }) }, begin);",
        "await Promise.all([writer.end({ ...ending, text }, begin), writer.end({ ...ending, text }, undefined)]);",
      ),
      edit(runState, 'agent_completed: "illegal",\n    },\n};', 'agent_completed: "ended",\n    },\n};'),
    ],
    seed: 2,
  },
  {
    name: "runs of one thread execute at the same time",
    invariant: 4,
    edits: [edit(runQueue, "thread.push(entry);\n", "thread.push(entry); this.#makeReady(entry);\n")],
    seed: 2,
  },
  {
    name: "appends under an old lease are taken",
    invariant: 5,
    edits: [edit(embeddedLog, "if (token !== lease.token)", "if (token === undefined)")],
    seed: 1210,
  },
  {
    name: "a lease that was lost is renewed, and appends under it are taken",
    invariant: 5,
    edits: [
      edit(embeddedLog, "if (token !== lease.token)", "if (token === undefined)"),
      edit(
        runQueue,
        "if (entry === undefined || entry.token !== lease.token || entry.leasedUntil === undefined) return false;",
        "if (entry === undefined || entry.leasedUntil === undefined) return false;",
      ),
    ],
    seed: 191,
  },
  {
    name: "a run is claimed again with the same token",
    invariant: 5,
    edits: [edit(runQueue, "entry.token += 1;", "")],
    seed: 191,
  },
  {
    name: "a recorded step is executed again",
    invariant: 5,
    edits: [edit(runContext, "const recorded = this.#history.records.get(step);", "const recorded = undefined;")],
    seed: 4,
  },
  {
    name: "what a dead attempt wrote is not void",
    invariant: 5,
    edits: [edit(runExecution, "step: firstOpenStep(history) }", "step: firstOpenStep(history) + 1 }")],
    seed: 191,
  },
  {
    name: "a healthy run is taken over",
    invariant: 5,
    edits: [edit(runQueue, "entry.leasedUntil <= now)", "entry.leasedUntil <= now + claim.leaseDurationMs * 0.75)")],
    seed: 1,
  },
  {
    name: "a verdict that is stored is made again",
    invariant: 5,
    edits: [edit(runContext, "if (known !== undefined) return known;", "void known;")],
    seed: 132,
  },
  {
    name: "a tool is called before its intent is written",
    invariant: 6,
    edits: [
      edit(toolScope, "await this.#run.journal.append([executingEvent(call)]);", ""),
      edit(
        toolScope,
        "await this.#run.journal.append([completedEvent(call, result, durationMs)]);",
        "await this.#run.journal.append([executingEvent(call), completedEvent(call, result, durationMs)]);",
      ),
    ],
    seed: 1,
  },
  {
    name: "nobody waits for the intent",
    invariant: 6,
    edits: [
      edit(
        toolScope,
        "await this.#run.journal.append([executingEvent(call)]);",
        "this.#run.journal.append([executingEvent(call)]).catch(() => undefined);",
      ),
    ],
    seed: 1,
  },
  {
    name: "a tool that must not be repeated is repeated on recovery",
    invariant: 6,
    edits: [edit(toolScope, ' || admitted.tool.once !== "idempotent"', "")],
    seed: 1,
  },
  {
    name: "the idempotency key changes on recovery",
    invariant: 6,
    edits: [edit(toolScope, "idempotencyKey: call.callId", "idempotencyKey: call.callId + clock.now()")],
    seed: 2,
  },
  {
    name: "a call that nobody knows of is called failed",
    invariant: 6,
    edits: [edit(executeTool, 'tool.once === "idempotent" ? "failed" : "unknown"', '"failed"')],
    seed: 2,
  },
  {
    name: "a denied call is made",
    invariant: 6,
    edits: [
      edit(
        toolScope,
        'if (decision === "approve") return await this.#execute(call, tool, input);',
        'if (decision !== "expired") return await this.#execute(call, tool, input);',
      ),
    ],
    seed: 1,
  },
  {
    name: "connections of different users share a follower",
    invariant: 7,
    edits: [edit(broadcaster, "let broadcast = this.#feeds.get(feed);", "let [broadcast] = this.#feeds.values();")],
    seed: 2,
  },
  {
    name: "the router keeps the first identity",
    invariant: 7,
    edits: [
      edit(
        router,
        "const acceptance = await this.#accept(identity, command);",
        "this.first ??= identity; const acceptance = await this.#accept(this.first, command);",
      ),
    ],
    seed: 2,
  },
  {
    name: "there is a gap between catch-up and live",
    invariant: 8,
    edits: [
      edit(
        feedBroadcast,
        "if (subscription.position === this.#flushed) {",
        "if (subscription.position >= this.#flushed - 2) {",
      ),
      edit(feedBroadcast, "if (subscription.position === before) this.#send", "this.#send"),
    ],
    seed: 2,
  },
  {
    name: "catch-up and live say the same event twice",
    invariant: 8,
    edits: [
      edit(
        feedBroadcast,
        "if (subscription.position === this.#flushed) {",
        "if (subscription.position >= this.#flushed) {",
      ),
      edit(feedBroadcast, "if (subscription.position === before) this.#send", "this.#send"),
      edit(
        feedBroadcast,
        "page.events.findLastIndex((stored) => stored.lastSequence <= this.#flushed) + 1",
        "page.events.length",
      ),
    ],
    seed: 127,
  },
  {
    name: "a reset is swallowed",
    invariant: 8,
    edits: [
      edit(
        feedBroadcast,
        "this.#write(subscription, Frame.ofReset(log.epoch, subscription.reset, subscription.position));",
        "void log;",
      ),
    ],
    seed: 1,
  },
  {
    name: "a cursor from history that was lost is honoured",
    invariant: 8,
    edits: [edit(embeddedLog, "if (shared === undefined || place.sequence > shared)", "if (shared === undefined)")],
    seed: 70,
  },
  {
    name: "a cursor stands before what was compacted",
    invariant: 8,
    edits: [
      edit(
        frame,
        "const cursor = formatCursor(epoch, (events.at(-1) as StoredEvent).lastSequence);",
        "const cursor = formatCursor(epoch, (events.at(-1) as StoredEvent).sequence);",
      ),
    ],
    seed: 1,
  },
  {
    name: "delivery begins one event late",
    invariant: 8,
    edits: [edit(connection, "after: place.sequence,", "after: Math.min(head, place.sequence + 1),")],
    seed: 1,
  },
  {
    name: "compaction removes one event too many",
    invariant: 8,
    edits: [
      edit(
        compaction,
        'if (stored.type === "agent_delta") return true;',
        'if (stored.type === "agent_delta" || stored.type === "agent_thinking") return true;',
      ),
    ],
    seed: 1,
  },
  {
    name: "retention deletes a thread that is in use",
    invariant: 8,
    edits: [
      edit(
        retention,
        ".filter((threadId) => state.threads.get(threadId)?.openRuns.length === 0)",
        ".filter((threadId) => state.threads.has(threadId))",
      ),
    ],
    seed: 13,
  },
  {
    name: "retention goes by what it has read before something was added",
    invariant: 8,
    edits: [edit(retention, 'if (state.head !== head) return { refusal: "changed" as const };', "void head;")],
    seed: 73,
  },
  {
    name: "retention removes deletions that are not old enough",
    invariant: 8,
    edits: [
      edit(
        retention,
        'begins &&= (type === "thread_deleted" || threadId === undefined) && time <= cutoff;',
        'begins &&= type === "thread_deleted" || threadId === undefined;',
      ),
    ],
    seed: 255,
  },
  {
    name: "a cursor before what retention has kept is honoured",
    invariant: 8,
    edits: [
      edit(embeddedLog, 'place.sequence < truncatedThrough ? "truncated" : "found"', '"found"'),
      edit(embeddedLog, "if (after < feed.truncatedThrough) {", "if (after < 0) {"),
    ],
    seed: 271,
  },
  {
    name: "a slow reader loses what does not fit",
    invariant: 8,
    edits: [
      edit(
        feedBroadcast,
        'if (subscription.state === "closed" || !this.#hasRoom(subscription)) return;',
        'if (subscription.state === "closed") return; if (!this.#hasRoom(subscription)) { subscription.position = through; continue; }',
      ),
    ],
    seed: 1,
  },
  {
    name: "everything is held for a slow reader",
    invariant: 9,
    edits: [
      edit(
        feedBroadcast,
        "return subscription.heldBytes < this.#options.limits.connectionBufferBytesMax / 2;",
        "return true;",
      ),
    ],
    seed: 2,
  },
  {
    name: "nobody tells the tools that the run was stopped",
    invariant: 10,
    edits: [edit(runExecution, 'if (event.type === "run_stop_requested") this.abort("stopped");', "")],
    seed: 138,
  },
  {
    name: "a run goes on after its stop was acknowledged",
    invariant: 10,
    edits: [
      edit(runExecution, 'if (event.type === "run_stop_requested") this.abort("stopped");', ""),
      edit(
        runWriter,
        '=== "stopping") return { refusal: "stopped" };\n      return { events: events.map',
        '=== "stopping") return { events: [] };\n      return { events: events.map',
      ),
    ],
    seed: 52,
  },
  {
    name: "a ping waits for the run",
    invariant: 11,
    edits: [
      edit(
        connection,
        "const reply = await router.handle(this.identity, command);",
        `const reply = await router.handle(this.identity, command);
    if (reply.ok && command.type === "message.send") this.#greeted = (async () => {
      const { signal } = new AbortController();
      for await (const events of this.#parts.log.follow(this.identity.userId, reply.data.sequence, signal)) {
        if (events.some(({ type }) => type === "agent_completed")) return;
      }
    })();`,
      ),
    ],
    seed: 3,
  },
  {
    name: "a call that nobody knows of is called completed",
    invariant: 12,
    edits: [
      edit(
        toolScope,
        'unknownOutcome("the server stopped while it ran and it may not be repeated")',
        '{ outcome: "completed", output: null }',
      ),
    ],
    seed: 1,
  },
  {
    name: "an answer that was rejected is shown after its last revision",
    invariant: 12,
    edits: [edit(qualityGate, "if (verdict.passed) {", "if (verdict.passed || round >= roundsMax) {")],
    seed: 17,
  },
  {
    name: "what a gate withholds is shown at once",
    invariant: 12,
    edits: [edit(qualityGate, "written += piece;", "written += piece; this.run.delta(piece);")],
    seed: 17,
  },
  {
    name: "the answer is cut",
    invariant: 12,
    edits: [edit(runWriter, "text: ending.text } };", "text: ending.text.slice(0, 64) } };")],
    seed: 1,
  },
];
