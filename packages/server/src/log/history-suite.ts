import type { UserId } from "@throughline/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { feedHistories } from "../../../../tests/support/feed-histories.ts";
import { FeedModel } from "../../../../tests/support/feed-model.ts";
import { feedOf, readAll, renamed } from "../../../../tests/support/log-events.ts";
import type { AppendKey, AppendResult, Log } from "./log.ts";
import type { OpenLog } from "./log-suite.ts";
import type { NewEvent, StoredEvent } from "./stored-event.ts";

/** What somebody does to a log. `share` chooses a place between the oldest event and the head of that moment. */
type Step =
  | {
      readonly kind: "append";
      readonly feed: number;
      readonly sizes: readonly number[];
      readonly key: string | undefined;
    }
  | { readonly kind: "misplace"; readonly feed: number; readonly by: number }
  | { readonly kind: "read" | "follow" | "truncate"; readonly feed: number; readonly share: number }
  | { readonly kind: "compact"; readonly feed: number }
  | { readonly kind: "forget" | "reopen"; readonly feed: number };

const keys = ["command0", "command1", "command2", "command3"];
const feed = fc.nat({ max: 1 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("append" as const),
        feed,
        sizes: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 4 }),
        key: fc.option(fc.constantFrom(...keys), { nil: undefined }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("misplace" as const), feed, by: fc.constantFrom(-1, 1, 3) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("read" as const, "follow" as const), feed, share }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("truncate" as const), feed, share: share.map((part) => part / 2) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("compact" as const), feed }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("forget" as const, "reopen" as const), feed }) },
  ),
  { maxLength: 40, size: "max" },
);

/** A feed that is written from a history, with what it must hold. */
class FeedUnderTest {
  readonly name: UserId;
  readonly model = new FeedModel();
  readonly keys = new Map<string, AppendKey>();
  readonly #history: readonly NewEvent[];
  #used = 0;

  constructor(name: UserId, history: readonly NewEvent[]) {
    this.name = name;
    this.#history = history;
  }

  place(part: number): number {
    const { truncatedThrough, head } = this.model;
    return truncatedThrough + Math.floor(part * (head - truncatedThrough));
  }

  /** One append of each size; none waits for the one before it, and the last has the key. */
  async append(log: Log, sizes: readonly number[], keyId: string | undefined, at: string): Promise<void> {
    const pending: Promise<AppendResult>[] = [];
    const expected: object[] = [];
    for (const [index, size] of sizes.entries()) {
      const expectedHead = this.model.head;
      const original = keyId !== undefined && index === sizes.length - 1 ? this.keys.get(keyId) : undefined;
      if (original !== undefined) {
        pending.push(
          log.append(this.name, { expectedHead, events: [renamed("again")], key: { ...original, reply: 0 } }),
        );
        expected.push({ kind: "duplicate", original });
        continue;
      }
      const events = this.#history.slice(this.#used, this.#used + size);
      this.#used += events.length;
      this.model.append(events, at);
      const append = { expectedHead, events };
      if (keyId !== undefined && index === sizes.length - 1) {
        const key = { id: keyId, fingerprint: `at ${expectedHead}`, reply: { expectedHead } };
        this.keys.set(keyId, key);
        pending.push(log.append(this.name, { ...append, key }));
      } else {
        pending.push(log.append(this.name, append));
      }
      expected.push({ kind: "appended", head: this.model.head });
    }
    expect(await Promise.all(pending)).toMatchObject(expected);
  }

  async expectReadable(log: Log): Promise<void> {
    const { model, name } = this;
    const { head, truncatedThrough } = model;
    expect(await log.bounds(name)).toEqual({ oldest: truncatedThrough + 1, head });
    for (let after = truncatedThrough; after <= head; after += 1) {
      expect(model.fault(after, await readAll(log, name, after))).toBeUndefined();
    }
    if (truncatedThrough > 0) expect((await log.read(name, truncatedThrough - 1)).kind).toBe("truncated");
    expect(await log.read(name, head + 1)).toEqual({ kind: "ahead", head });
    for (const key of keys) expect(await log.findKey(name, key)).toEqual(this.keys.get(key));
  }
}

async function followed(log: Log, name: UserId, after: number, head: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  if (after === head) return events;
  for await (const page of log.follow(name, after, new AbortController().signal)) {
    for (const stored of page) events.push(stored);
    if (events.at(-1)?.lastSequence === head) break;
  }
  return events;
}

export function describeHistory(open: OpenLog, numRuns: number): void {
  const title =
    "after any history every sequence is accounted for from every place, and what was kept is what was appended";
  test(title, { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, feedHistories(0), feedHistories(1), async (history, first, second) => {
        // Only one feed stays in memory, so that they take turns in leaving it.
        await using opened = await open({ readEventsMax: 8, feedStatesMax: 1 });
        const { clock, reopen } = opened;
        let { log } = opened;
        const feeds = [new FeedUnderTest(feedOf(0), first), new FeedUnderTest(feedOf(1), second)] as const;
        for (const step of history) {
          await clock.advance(1);
          const chosen = step.feed === 0 ? feeds[0] : feeds[1];
          const { model, name } = chosen;
          switch (step.kind) {
            case "append":
              await chosen.append(log, step.sizes, step.key, new Date(clock.now()).toISOString());
              break;
            case "misplace": {
              const append = { expectedHead: model.head + step.by, events: [renamed("misplaced")] };
              expect(await log.append(name, append)).toEqual({ kind: "conflict", head: model.head });
              break;
            }
            case "read": {
              const after = chosen.place(step.share);
              expect(model.fault(after, await readAll(log, name, after))).toBeUndefined();
              break;
            }
            case "follow": {
              const after = chosen.place(step.share);
              expect(model.fault(after, await followed(log, name, after, model.head))).toBeUndefined();
              break;
            }
            case "truncate": {
              const through = chosen.place(step.share);
              await log.truncate(name, through);
              model.truncate(through);
              break;
            }
            case "compact": {
              await log.compact(name);
              model.compact();
              expect(await log.compact(name)).toEqual({ eventsRemoved: 0 });
              break;
            }
            case "forget":
              await log.forgetKeys(clock.now());
              for (const each of feeds) each.keys.clear();
              break;
            case "reopen":
              if (typeof reopen !== "string") log = await reopen();
              break;
          }
        }
        for (const each of feeds) await each.expectReadable(log);
        if (typeof reopen === "string") return;
        log = await reopen();
        for (const each of feeds) await each.expectReadable(log);
      }),
      { numRuns, timeout: 20_000 },
    );
  });
}
